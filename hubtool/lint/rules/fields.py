"""HT2xx: the fields of the front matter, and values of a fixed form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from hubtool.card.parse import ParsedCard
from hubtool.lint.diagnostic import Edit, Severity
from hubtool.lint.edits import quoted, replacement, text_at
from hubtool.lint.problems import parse_problems, valid_text
from hubtool.lint.rule import Facts, Finding, rule
from hubtool.lint.spdx import canonical_licence, similar_licence

_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_NUMBER = re.compile(r"\d{1,20}(?:\.\d{0,20})?", re.ASCII)
_VERSIONS = ("model-version", "mindspore-version")


@rule("HT201", "missing-field", Severity.ERROR)
def missing_field(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A required field is missing.

    Without it the model cannot be named, fetched or judged. Every card says what it is, which files it has,
    who made it, under which licence, and for which MindSpore.

    Bad:
        asset:
          - file-format: ckpt

    Good:
        asset:
          - file-format: ckpt
            asset-link: <https://download-mindspore.osinfra.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>
    """
    return parse_problems(card, "missing-field")


@rule("HT202", "field-value", Severity.ERROR)
def field_value(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A field has an invalid value.

    Tools rely on the shape of each field: a link is http(s), a date starts with the year, a digest is
    hexadecimal. A value of another shape breaks them.

    Bad:
        update-time: 10.03.2025

    Good:
        update-time: 2025-03-10
    """
    return parse_problems(card, "field-value")


@rule("HT203", "date-format", Severity.WARNING, fixes="safe")
def date_format(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A date is not in ISO 8601 format.

    `2023-2-17` is text to YAML and sorts after `2023-12-01`. Month and day have two digits each.

    Bad:
        update-time: 2023-2-17

    Good:
        update-time: 2023-02-17
    """
    written = valid_text(card, "update-time")
    day = _date(written) if written else None
    if written and day and day.isoformat() != written:
        span = card.span_of("update-time")
        iso = day.isoformat()
        yield Finding(span, f"write the date `{written}` as `{iso}`", replacement(card, span, written, iso))


@rule("HT204", "impossible-date", Severity.ERROR)
def impossible_date(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A date does not exist.

    It is a typing error, and nothing that depends on the date can be trusted.

    Bad:
        update-time: 2023-02-30

    Good:
        update-time: 2023-02-28
    """
    written = valid_text(card, "update-time")
    if written and _DATE.fullmatch(written) and _date(written) is None:
        yield Finding(card.span_of("update-time"), f"no calendar has the day `{written}`")


def _date(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


@rule("HT205", "licence", Severity.WARNING, fixes="safe")
def licence(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The licence is not an SPDX expression.

    Tools use SPDX identifiers to tell who may use the weights. The fix corrects spellings that can only mean
    one identifier. For a licence of your own, write `LicenseRef-` and a name.

    Bad:
        license: Apache2.0

    Good:
        license: Apache-2.0
    """
    written = valid_text(card, "license")
    if written is None:
        return
    span = card.span_of("license")
    canonical = canonical_licence(written)
    if canonical is None:
        similar = similar_licence(written)
        hint = f"did you mean `{similar}`?" if similar else "write an identifier, or `LicenseRef-` and a name"
        yield Finding(span, f"{quoted(written)} is not an SPDX licence expression: {hint}")
    elif canonical != written:
        message = f"{quoted(written)} is not an SPDX licence expression: write {quoted(canonical)}"
        yield Finding(span, message, replacement(card, span, written, canonical))


@rule("HT210", "version-quoting", Severity.INFO, fixes="safe")
def version_quoting(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """YAML reads a version without quotes as another number.

    Most readers turn `1.10` into 1.1, which is another version. In quotes it stays as written.

    Bad:
        mindspore-version: 1.10

    Good:
        mindspore-version: "1.10"
    """
    for key, written, read in _retyped_versions(card):
        span = card.span_of(key)
        start = card.offset(span.line, span.column)
        message = f'to most YAML readers `{written}` is the number {read}: write "{written}"'
        yield Finding(span, message, Edit(start, start + len(written), f'"{written}"'))


def _retyped_versions(card: ParsedCard) -> Iterator[tuple[str, str, str]]:
    """Key, text, and what YAML makes of it, for the versions that YAML's typing changes."""
    for key in _VERSIONS:
        written = valid_text(card, key)
        if written and _NUMBER.fullmatch(written):
            read = _as_yaml_number(written)
            if read != written and text_at(card, card.span_of(key)) == written:
                yield key, written, read


def _as_yaml_number(text: str) -> str:
    """How YAML 1.1 would print a number after reading it: a leading zero makes a whole number octal."""
    if "." in text:
        return repr(float(text))
    if text[0] == "0" and len(text) > 1 and not set(text) & {"8", "9"}:
        return str(int(text, 8))
    return text
