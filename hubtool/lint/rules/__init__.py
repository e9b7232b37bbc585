"""The rules, a family a file: importing this package fills the tables in `hubtool.lint.rule`."""

from hubtool.lint.rules import assets, body, catalogue, claims, control, evidence, fields, links, names, structure

__all__ = ["assets", "body", "catalogue", "claims", "control", "evidence", "fields", "links", "names", "structure"]
