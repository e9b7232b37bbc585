"""The card's JSON Schema: it types the scalars of the front matter, and then judges it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from hubtool.card.yamlvalues import Path
from hubtool.resources import packaged

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """One violation; `path` leads to the value, or to the mapping that lacks `missing`."""

    path: Path
    message: str
    missing: str | None = None


@cache
def card_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the front matter, as shipped in schemas/card.schema.json."""
    text = (packaged("schemas") / "card.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def typed(values: dict[str, Any]) -> dict[str, Any]:
    """The values with True and False as booleans where the schema wants booleans; all else as written."""
    booleans = {name for name, rule in card_schema()["properties"].items() if rule.get("type") == "boolean"}
    return {
        key: _BOOLEANS.get(value.casefold(), value) if key in booleans and isinstance(value, str) else value
        for key, value in values.items()
    }


def schema_problems(values: dict[str, Any]) -> Iterator[SchemaProblem]:
    """Every violation of the schema by typed front matter, in the schema's words."""
    for error in _validator().iter_errors(values):
        path = tuple(error.absolute_path)
        name = _name(path)
        if error.validator == "required":
            # jsonschema reports each missing key as an error of its own and names it only in the message.
            missing = error.message.split("'")[1]
            yield SchemaProblem(path, f"required field `{missing}` is missing", missing)
        elif error.validator == "minLength":
            yield SchemaProblem(path, f"`{name}` is empty: write {_description(error)}")
        else:
            yield SchemaProblem(path, f"`{name}` is {_shown(error.instance)}: write {_description(error)}")


@cache
def _validator() -> Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(card_schema())


def _name(path: Path) -> str:
    return next((str(part) for part in reversed(path) if isinstance(part, str)), "front matter")


def _description(error: ValidationError) -> str:
    """The description of the property at fault: schemas/card.schema.json words them as hints."""
    schema: dict[str, Any] = card_schema()
    for part in error.absolute_path:
        schema = schema["items"] if isinstance(part, int) else schema["properties"][part]
        if "$ref" in schema and "description" not in schema and "properties" not in schema:
            schema = card_schema()["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    return str(schema.get("description", error.message))


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "...'"
