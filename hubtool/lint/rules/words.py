"""HT206 to HT209: values that come from a list of known words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hubtool.card.parse import ParsedCard
from hubtool.lint.diagnostic import Severity
from hubtool.lint.edits import quoted
from hubtool.lint.problems import valid_text
from hubtool.lint.rule import Facts, Finding, rule
from hubtool.lint.vocabulary import (
    FILE_FORMATS,
    MODULE_FIELDS,
    MODULE_TASKS,
    USES,
    closest,
    similar_dataset,
    unknown_datasets,
)

_BETWEEN_USES = re.compile(r"[/,;|]")
_BLANKS = re.compile(r"[\s_]+")


@rule("HT206", "module-type", Severity.WARNING)
def module_type(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The module type names an unknown field of work, or misspells a task.

    Catalogues sort models by it, so nobody finds a card with a field of its own. The field may be followed
    by a hyphen and a task.

    Bad:
        module-type: cvtmodel

    Good:
        module-type: cv-classification
    """
    written = valid_text(card, "module-type")
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
    """The card does not say in known words what the model is used for.

    Catalogues offer a model by its use. Several uses are separated by `/`.

    Bad:
        used-for: infer

    Good:
        used-for: inference
    """
    written = valid_text(card, "used-for")
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
    """A file has an unknown format.

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

    A figure means little without its dataset, and a misspelt name cannot be matched with your data. Case and
    punctuation do not matter; several datasets are separated by `|`. If the dataset is new, nothing is wrong.

    Bad:
        train-dataset: imagnet2012

    Good:
        train-dataset: ImageNet2012
    """
    written = valid_text(card, "train-dataset")
    for name in unknown_datasets(written) if written else ():
        similar = similar_dataset(name)
        hint = f": did you mean `{similar}`?" if similar else ""
        yield Finding(card.span_of("train-dataset"), f"{quoted(name)} is not a known dataset{hint}")
