"""The card's JSON Schema: it types the scalars of the front matter, and then judges it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from hubtool.card.names import says_none
from hubtool.card.span import Path
from hubtool.resources import packaged

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_REMEMBERED_VALUES = 8192
_BOOLEANS = {"true": True, "false": False}
_PLAIN_KEYWORDS = {"type", "minLength", "pattern", "description"}


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
    """The values with True and False as booleans where the schema wants booleans; all else as written.

    A word for none, such as `N/A`, in place of a list of files is an empty list.
    """
    booleans = _boolean_fields()
    read = {
        key: _BOOLEANS.get(value.casefold(), value) if key in booleans and isinstance(value, str) else value
        for key, value in values.items()
    }
    if isinstance(files := read.get("asset"), str) and says_none(files):
        read["asset"] = []
    return read


@cache
def _boolean_fields() -> frozenset[str]:
    return frozenset(name for name, rule in card_schema()["properties"].items() if rule.get("type") == "boolean")


def schema_problems(values: dict[str, Any]) -> Iterator[SchemaProblem]:
    """Every violation of the schema by typed front matter, in the schema's words."""
    schema = card_schema()
    for name in schema["required"]:
        if name not in values:
            yield SchemaProblem((), f"required field `{name}` is missing", name)
    known = schema["properties"]
    for name, value in values.items():
        if name not in known:
            continue
        yield from _scalar_problems(name, value) if isinstance(value, str | bool) else _field_problems(name, value)


@lru_cache(maxsize=_REMEMBERED_VALUES)
def _scalar_problems(name: str, value: str | bool) -> tuple[SchemaProblem, ...]:
    # The cards of a hub share most of their values: authors, licences, dates, versions.
    return () if _is_plainly_clean(_rule(name), value) else tuple(_field_problems(name, value))


def _is_plainly_clean(rule: Any, value: str | bool) -> bool:
    """Whether a scalar has no violation as far as can be said without jsonschema, which takes 40 ms to import.

    False means nothing: jsonschema judges, and words what is wrong.
    """
    if not isinstance(rule, dict) or not rule.keys() <= _PLAIN_KEYWORDS:
        return False
    types = rule.get("type", ())
    if ("boolean" if isinstance(value, bool) else "string") not in ((types,) if isinstance(types, str) else types):
        return False
    return isinstance(value, bool) or (
        len(value) >= rule.get("minLength", 0) and re.search(rule.get("pattern", ""), value) is not None
    )


def _field_problems(name: str, value: Any) -> Iterator[SchemaProblem]:
    if name == "asset" and isinstance(value, list) and value and all(map(_is_clean_asset, value)):
        return
    for error in _validator(name).iter_errors(value):
        path = (name, *error.absolute_path)
        shown = next(str(part) for part in reversed(path) if isinstance(part, str))
        if error.validator == "required":
            # jsonschema reports each missing key as a separate error and names it only in the message.
            missing = error.message.split("'")[1]
            yield SchemaProblem(path, f"required field `{missing}` is missing", missing)
        elif error.validator == "minLength":
            yield SchemaProblem(path, f"`{shown}` is empty: write {_description(error)}")
        else:
            yield SchemaProblem(path, f"`{shown}` is {_shown(error.instance)}: write {_description(error)}")


def _is_clean_asset(entry: Any) -> bool:
    """Whether an asset has no violation, found value by value: the same ones come back from card to card."""
    rule = card_schema()["$defs"]["asset"]
    return (
        isinstance(entry, dict)
        and all(name in entry for name in rule["required"])
        and all(isinstance(value, str) and _is_clean_value(name, value) for name, value in entry.items())
    )


@lru_cache(maxsize=_REMEMBERED_VALUES)
def _is_clean_value(name: str, value: str) -> bool:
    rule = card_schema()["$defs"]["asset"]["properties"].get(name, True)
    if rule is True or _is_plainly_clean(rule, value):
        return True
    from jsonschema import Draft202012Validator

    return Draft202012Validator(rule).is_valid(value)


@cache
def _validator(name: str) -> Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(_rule(name))


@cache
def _rule(name: str) -> Any:
    schema = card_schema()
    return _inlined(schema["properties"][name], schema["$defs"])


def _inlined(rule: Any, definitions: dict[str, Any]) -> Any:
    """A schema with each reference replaced by its definition: looking them up would take half of the time."""
    if isinstance(rule, list):
        return [_inlined(part, definitions) for part in rule]
    if not isinstance(rule, dict):
        return rule
    merged = {key: _inlined(value, definitions) for key, value in rule.items() if key not in {"$ref", "$defs"}}
    if "$ref" in rule:
        merged = _inlined(definitions[rule["$ref"].rsplit("/", 1)[1]], definitions) | merged
    return merged


def _description(error: ValidationError) -> str:
    """The description of the property at fault: schemas/card.schema.json words them as hints."""
    schema = error.schema
    return str(schema.get("description", error.message)) if isinstance(schema, dict) else error.message


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "...'"
