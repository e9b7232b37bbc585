"""HT510 to HT513: results tables, and the figures in them that nobody can read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hubtool.card.names import name_key
from hubtool.card.parse import ParsedCard
from hubtool.card.record import Variant
from hubtool.lint.diagnostic import Severity
from hubtool.lint.edits import shortened
from hubtool.lint.problems import parse_problems
from hubtool.lint.rule import Facts, Finding, rule

_LINK_END = re.compile(r"[?#].*", re.DOTALL)
_SUFFIX = re.compile(r"(?:[-_.][0-9a-f]{8,64}(?=[-_.]|$)|\.[A-Za-z][A-Za-z0-9]*$|[-_]910\w*).*", re.IGNORECASE)
_WORD_AND_NUMBER = re.compile(r"(?P<word>[^\W\d_]+(?:[\W_]*[^\W\d_]+)*)[\W_]*(?P<number>\d+(?:\.\d+)?)")
_EVALUATED_HOW = re.compile(
    r"\s*(?:[(\[].*|\s(?:[@+,|].*|(?:w/|with\b|tta|ms|multi-?scale|flip|fp\d|bf\d|int\d|float|amp|ten-?crop|\d+px).*))",
    re.IGNORECASE | re.DOTALL,
)
_SHORTEST_WORD = 2


@rule("HT510", "unreadable-cell", Severity.WARNING)
def unreadable_cell(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A figure in a cell of a results table cannot be read.

    Programs compare and reproduce only the figures that they can read. A cell holds one number, or one for each name
    in its heading, separated by `/`. Footnotes, bold text, `±` and a percent sign do not matter.

    Bad:
        | Model    | Top-1 (%)   |
        | -------- | ----------- |
        | resnet50 | 76.5 - 77.1 |

    Good:
        | Model    | Top-1 (%) |
        | -------- | --------- |
        | resnet50 | 76.81     |
    """
    return parse_problems(card, "cell")


@rule("HT511", "unknown-column", Severity.INFO)
def unknown_column(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A column of a results table holds numbers, and its heading names no known figure.

    The numbers are not read. If they are claims about the model, name what they measure. If not, nothing is wrong.

    Bad:
        | Model    | ImageNet |
        | -------- | -------- |
        | resnet50 | 76.81    |

    Good:
        | Model    | ImageNet Top-1 (%) |
        | -------- | ------------------ |
        | resnet50 | 76.81              |
    """
    return parse_problems(card, "column")


@rule("HT512", "unread-table", Severity.INFO)
def unread_table(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A table with figures is not read.

    Figures are read from tables that name a model in each row, or in each column, and stand in a section such as
    Results, Performance, Benchmark or Model Zoo. Figures elsewhere may be about other people's models.

    Bad:
        ## Notes

        | Model    | Top-1 (%) |
        | -------- | --------- |
        | resnet50 | 76.81     |

    Good:
        ## Results

        | Model    | Top-1 (%) |
        | -------- | --------- |
        | resnet50 | 76.81     |
    """
    return parse_problems(card, "table")


@rule("HT513", "row-names-other-model", Severity.WARNING)
def row_names_other_model(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A row of a results table links a file or a recipe of another model.

    Most often the row was copied and only half of it changed. Then the figures are claimed for the wrong file. A file
    is of another model if its name holds that of another row, or the same word with another number.

    Bad:
        | Model     | Top-1 (%) | Download                                                 |
        | --------- | --------- | -------------------------------------------------------- |
        | resnet101 | 77.93     | [weights](https://example.org/resnet50-e0733ab8.ckpt) |

    Good:
        | Model     | Top-1 (%) | Download                                                  |
        | --------- | --------- | --------------------------------------------------------- |
        | resnet101 | 77.93     | [weights](https://example.org/resnet101-2efa9106.ckpt) |
    """
    models = {name_key(row.model): row.model for row in card.rows}
    owners = {row.asset.url: name_key(row.model) for row in card.rows if row.asset and _is_named_after(row)}
    for row in {row.model_span: row for row in card.rows}.values():  # a line about two datasets is two rows
        weights, recipe = _stem(row.asset.url if row.asset else ""), _stem(row.recipe or "")
        other = _other_model(row, weights, models) or _other_model(row, recipe, models)
        owner = owners.get(row.asset.url) if row.asset else None
        if owner is None and _key(row.model) not in (file := name_key(weights)):
            owner = file  # another row's model is called just like the file
        if owner in models and owner not in {name_key(row.model), _key(row.model)}:
            other = _sentence(row, weights, f"of `{shortened(models[owner])}`")
        if other:
            yield Finding(row.model_span, other)


def _is_named_after(row: Variant) -> bool:
    """Whether the file of a row is called just what the row is."""
    return row.asset is not None and name_key(_stem(row.asset.url)) == name_key(row.model) != ""


def _key(model: str) -> str:
    """Key of a model's name without what tells how it was evaluated: `resnet50 (TTA)`, `ViT-B/16 @384`."""
    return name_key(_EVALUATED_HOW.sub("", model))


def _stem(link: str) -> str:
    """Name of a linked file without digest and extension."""
    return _SUFFIX.sub("", _LINK_END.sub("", link).rstrip("/").rpartition("/")[2])


def _other_model(row: Variant, stem: str, models: dict[str, str]) -> str:
    """What is wrong with a file that is another model's than that of the row; else empty."""
    own, file = name_key(row.model), name_key(stem)
    if not own or not file or own in file:
        return ""
    if (key := _key(row.model)) and key in file:
        return "" if _numbers_agree(row.model, stem) else _sentence(row, stem, "of a model with another number")
    # What a name begins with is no other model: variants share the files of their family.
    named = max((key for key in models if key and key in file and key not in own), key=len, default="")
    if named:
        return _sentence(row, stem, f"of `{shortened(models[named])}`")
    return "" if _numbers_agree(row.model, stem) else _sentence(row, stem, "of a model with another number")


def _sentence(row: Variant, stem: str, whose: str) -> str:
    return f"the row of `{shortened(row.model)}` links `{shortened(stem)}`, a file {whose}: correct one"


def _numbers_agree(model: str, stem: str) -> bool:
    """Whether no word stands before one number in the model's name and before others in the file's."""
    ours, theirs = _numbers(model), _numbers(stem)
    for word, number in ours:
        found = [other for name, other in theirs if name.endswith(word) or (len(name) > 1 and word.endswith(name))]
        if len(word) >= _SHORTEST_WORD and found and not any(_same_number(number, other) for other in found):
            return False
    return True


def _same_number(ours: str, theirs: str) -> bool:
    """Whether two numbers in names are the same; file names have no decimal point: 1.0 is 100 there, and 0.5 050."""
    if ours == theirs or "." not in ours + theirs:
        return ours == theirs
    first, second = (number.replace(".", "").rstrip("0") for number in (ours, theirs))
    whole = ours.partition(".")[0] == theirs.partition(".")[0]
    return first == second or (whole and ("." in ours) != ("." in theirs))


def _numbers(name: str) -> list[tuple[str, str]]:
    """Each number with the letters before it, in lower case: `BiT_resnet50` holds bitresnet and 50."""
    return [(name_key(match["word"]), match["number"]) for match in _WORD_AND_NUMBER.finditer(name)]
