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
_WORD_AND_NUMBER = re.compile(r"(?P<word>[^\W\d_]+(?:[\W_]*[^\W\d_]+)*)[\W_]*(?P<number>\d+)")
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
    for row in card.rows:
        weights, recipe = _stem(row.asset.url if row.asset else ""), _stem(row.recipe or "")
        copied = models.get(name_key(weights)) if weights else None
        other = _other_model(row, weights, models) or _other_model(row, recipe, models)
        if copied and name_key(row.model) not in name_key(weights):
            other = _sentence(row, weights, f"of `{shortened(copied)}`")
        if other:
            yield Finding(row.model_span, other)


def _stem(link: str) -> str:
    """Name of a linked file without digest and extension."""
    return _SUFFIX.sub("", _LINK_END.sub("", link).rstrip("/").rpartition("/")[2])


def _other_model(row: Variant, stem: str, models: dict[str, str]) -> str:
    """What is wrong with a file that is another model's than that of the row; else empty."""
    own, file = name_key(row.model), name_key(stem)
    if not own or not file or own in file:
        return ""
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
        if len(word) >= _SHORTEST_WORD and found and number not in found:
            return False
    return True


def _numbers(name: str) -> list[tuple[str, str]]:
    """Each number with the letters before it, in lower case: `BiT_resnet50` holds bitresnet and 50."""
    return [(name_key(match["word"]), match["number"]) for match in _WORD_AND_NUMBER.finditer(name)]
