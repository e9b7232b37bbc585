"""HT2xx: the fields of the front matter and their values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from hubtool.card.parse import ParsedCard
from hubtool.lint.diagnostic import Edit, Severity
from hubtool.lint.edits import quoted, replacement, text_at
from hubtool.lint.rule import Facts, Finding, rule
from hubtool.lint.rules.structure import parse_problems
from hubtool.lint.spdx import canonical_licence, similar_licence
from hubtool.lint.vocabulary import (
    FILE_FORMATS,
    MODULE_FIELDS,
    MODULE_TASKS,
    USES,
    closest,
    similar_dataset,
    unknown_datasets,
)

_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_BETWEEN_USES = re.compile(r"[/,;|]")
_BLANKS = re.compile(r"[\s_]+")
_NUMBER = re.compile(r"\d{1,20}(?:\.\d{0,20})?", re.ASCII)
_VERSIONS = ("model-version", "mindspore-version")


def _valid_text(card: ParsedCard, key: str) -> str | None:
    """A value that is text and that the schema accepts; None for any other, which is HT202's affair."""
    value = card.values.get(key) if card.values else None
    if not isinstance(value, str) or not value.strip():
        return None
    if card.problems:
        span = card.span_of(key)
        if any(problem.span == span for problem in card.problems):
            return None
    return value


@rule("HT201", "missing-field", Severity.ERROR)
def missing_field(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A required field is missing.

    Without it the model cannot be named, fetched, or judged. Every card says what it is, which files
    it has, who made it, under which licence, and for which MindSpore.

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
    """A field holds what it cannot hold.

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
    """A date is not written as ISO 8601 wants it.

    `2023-2-17` is text to YAML and sorts behind `2023-12-01`. Month and day have two digits each.

    Bad:
        update-time: 2023-2-17

    Good:
        update-time: 2023-02-17
    """
    written = _valid_text(card, "update-time")
    day = _date(written) if written else None
    if written and day and day.isoformat() != written:
        span = card.span_of("update-time")
        iso = day.isoformat()
        yield Finding(span, f"write the date `{written}` as `{iso}`", replacement(card, span, written, iso))


@rule("HT204", "impossible-date", Severity.ERROR)
def impossible_date(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A date does not exist.

    A day that no calendar has is a slip of the pen, and what depends on the date cannot be trusted.

    Bad:
        update-time: 2023-02-30

    Good:
        update-time: 2023-02-28
    """
    written = _valid_text(card, "update-time")
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

    Who may use the weights is a question that tools answer by SPDX identifiers. The fix mends spellings
    that mean one identifier for certain; a licence of one's own is `LicenseRef-` and a name.

    Bad:
        license: Apache2.0

    Good:
        license: Apache-2.0
    """
    written = _valid_text(card, "license")
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


@rule("HT206", "module-type", Severity.WARNING)
def module_type(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The module type names an unknown field of work, or misspells a task.

    Catalogues sort their models by it: a card with a field of its own is found by nobody. After the
    field and a hyphen a task may follow.

    Bad:
        module-type: cvtmodel

    Good:
        module-type: cv-classification
    """
    written = _valid_text(card, "module-type")
    if written is None:
        return
    field, _hyphen, task = written.casefold().partition("-")
    span = card.span_of("module-type")
    if field not in MODULE_FIELDS:
        similar = _similar_field(field)
        hint = f"did you mean `{similar}`?" if similar else "write cv, nlp, audio or the like"
        yield Finding(span, f"{quoted(written.partition('-')[0])} is not a known field: {hint}")
    elif task and (plain := _BLANKS.sub("_", task.replace("-", "_"))) not in MODULE_TASKS:
        # The list of tasks is open, so only what is one letter from a long known one is a mistake.
        similar = closest(plain, MODULE_TASKS, 0.92)
        if similar:
            yield Finding(span, f"{quoted(task)} is not a known task: did you mean `{field}-{similar}`?")


def _similar_field(field: str) -> str | None:
    """The known field that an unknown one begins with, or resembles."""
    begins = [known for known in MODULE_FIELDS if field.startswith(known)]
    return max(begins, key=len) if begins else closest(field, MODULE_FIELDS, 0.7)


@rule("HT207", "used-for", Severity.WARNING)
def used_for(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The card does not say in known words what the model is for.

    Catalogues offer a model by its use. Several uses are separated by `/`.

    Bad:
        used-for: infer

    Good:
        used-for: inference
    """
    written = _valid_text(card, "used-for")
    if written is None or written in USES:
        return
    for use in _BETWEEN_USES.split(written):
        plain = _BLANKS.sub("-", use.strip().casefold())
        if plain and plain not in USES:
            similar = closest(plain, USES, 0.7)
            hint = f"did you mean `{similar}`?" if similar else "write inference, fine-tuning or transfer-learning"
            yield Finding(card.span_of("used-for"), f"{quoted(use.strip())} is not a known use: {hint}")


@rule("HT208", "file-format", Severity.WARNING)
def file_format(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A file is of an unknown format.

    The format says which tools can open the file. It is the usual extension, without a dot.

    Bad:
        - file-format: checkpoint

    Good:
        - file-format: ckpt
    """
    for index, written in _file_formats(card):
        if written.casefold() not in FILE_FORMATS:
            similar = closest(written.casefold(), FILE_FORMATS, 0.7)
            hint = f"did you mean `{similar}`?" if similar else "write ckpt, mindir, onnx, safetensors or the like"
            span = card.span_of("asset", index, "file-format")
            yield Finding(span, f"{quoted(written)} is not a known file format: {hint}")


def _file_formats(card: ParsedCard) -> Iterator[tuple[int, str]]:
    """Index and format of each asset entry, where the schema accepts the format."""
    assets = card.values.get("asset") if card.values else None
    faulty = {problem.span for problem in card.problems}
    for index, entry in enumerate(assets if isinstance(assets, list) else ()):
        written = entry.get("file-format") if isinstance(entry, dict) else None
        if isinstance(written, str) and card.span_of("asset", index, "file-format") not in faulty:
            yield index, written


@rule("HT209", "unknown-dataset", Severity.INFO)
def unknown_dataset(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The dataset is not one that hubtool knows.

    A figure means little without the data behind it, and a misspelt name cannot be matched with data at
    hand. Case and punctuation do not count; several datasets are separated by `|`. A new dataset is no
    mistake.

    Bad:
        train-dataset: imagnet2012

    Good:
        train-dataset: ImageNet2012
    """
    written = _valid_text(card, "train-dataset")
    for name in unknown_datasets(written) if written else ():
        similar = similar_dataset(name)
        hint = f": did you mean `{similar}`?" if similar else ""
        yield Finding(card.span_of("train-dataset"), f"{quoted(name)} is not a known dataset{hint}")


@rule("HT210", "version-quoting", Severity.INFO, fixes="safe")
def version_quoting(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A version without quotes is another number to YAML.

    Most readers make 1.1 of `1.10`, and so take one version for another. In quotes it stays as it is
    written.

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
        written = _valid_text(card, key)
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
