"""HT506 and HT507: figures against each other and against the networks that hubtool knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from hubtool.card.datasets import IMAGENET, dataset_key, same_dataset
from hubtool.card.metrics import Metric, decimals
from hubtool.card.names import name_key
from hubtool.card.params import published_fits
from hubtool.card.parse import ParsedCard
from hubtool.card.record import Asset, Variant, same_file
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Severity
from hubtool.lint.figures import place_of
from hubtool.lint.rule import Facts, Finding, rule


@rule("HT506", "table-contradicts", Severity.ERROR)
def table_contradicts(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A table and the front matter publish different figures for the same file.

    One file has one accuracy on one dataset. Only rows that link the front matter's file are compared, by
    address or digest. Rows about other files or other datasets may have other figures.

    Bad:
        evaluation: top1acc76.85
        asset:
          - file-format: ckpt
            asset-link: <https://example.org/resnet50-e0733ab8.ckpt>

        | Model    | Top-1 (%) | Download                                                 |
        | -------- | --------- | -------------------------------------------------------- |
        | resnet50 | 76.69     | [weights](https://example.org/resnet50-e0733ab8.ckpt) |

    Good:
        the same figure in both places, or a link to the file that the row is about
    """
    if card.card is None or not card.card.variants:
        return
    asset = _only_checkpoint(card.card.assets)
    dataset = card.card.train_dataset
    rows = [
        row
        for row in card.card.variants
        if asset and same_file(asset, row.asset) and (not row.dataset or same_dataset(row.dataset, dataset))
    ]
    for published in card.card.metrics:
        twins = [metric for row in rows for metric in row.metrics if metric.name == published.name != ""]
        is_once = sum(metric.name == published.name for metric in card.card.metrics) == 1
        if is_once and not any(_agree(published, twin) for twin in twins):
            for twin in twins:
                message = (
                    f"{twin.label} {twin.value:g} contradicts `{published.written}` of the front matter, "
                    "which is about the same file: correct one of them"
                )
                yield Finding(place_of(card, twin), message)


@rule("HT507", "params-differ", Severity.ERROR)
def params_differ(card: ParsedCard, facts: Facts) -> Iterable[Finding]:
    """The published number of parameters is not that of the network.

    The number follows from the architecture. A difference means that the row names another network, or that
    the figure was copied from one. Only networks that hubtool can build are checked.

    Bad:
        | Model        | Params(M) |
        | ------------ | --------- |
        | bit_resnet50 | 44.54     |

    Good:
        | Model        | Params(M) |
        | ------------ | --------- |
        | bit_resnet50 | 25.55     |
    """
    if not facts.parameter_counts:
        return
    for row in card.rows:
        name = _network_of(card, row, facts)
        if name is None or row.params_m is None or row.params_span is None or not _standard_head(card, row, name):
            continue
        count = facts.parameter_counts[name]
        if not published_fits(count, row.params_m, _decimals_written(card, row.params_span)):
            message = f"`{row.model}` has {count / 1e6:.2f} M parameters, not {row.params_m:g} M"
            yield Finding(row.params_span, message)


def _only_checkpoint(assets: Sequence[Asset]) -> Asset | None:
    """The file that the front matter's figures are about; None where there are several to choose from."""
    checkpoints = [asset for asset in assets if asset.format.casefold() == "ckpt"] or list(assets)
    return checkpoints[0] if len(checkpoints) == 1 else None


def _agree(one: Metric, other: Metric) -> bool:
    """Whether two figures are the same as far as both were written out; one may be a fraction, or cut off."""
    if one.unit and other.unit and one.unit != other.unit:
        return True
    fewer = min(one.decimals, other.decimals)
    step = 10.0**-fewer if one.decimals != other.decimals else 0.0
    return any(
        abs(one.value * scale - other.value) < max(step, 1e-6)
        for scale in (1.0, 100.0, 0.01)
        if scale == 1.0 or min(one.value, other.value) <= 1
    )


def _network_of(card: ParsedCard, row: Variant, facts: Facts) -> str | None:
    """Key of the known network that a row is about: the one it names, or the card's if it links the card's file."""
    names = [name_key(row.model)]
    if card.card is not None and any(same_file(asset, row.asset) for asset in card.card.assets):
        names.append(name_key(card.card.model_name))
    return next((name for name in names if name in facts.parameter_counts), None)


def _standard_head(card: ParsedCard, row: Variant, name: str) -> bool:
    """Whether a network has its usual number of classes: fine-tuned to another dataset, it has fewer parameters."""
    text = card.values.get("train-dataset") if card.values else None
    dataset = dataset_key(row.dataset or (text if isinstance(text, str) else ""))
    return not dataset or dataset == IMAGENET.key or dataset in name


def _decimals_written(card: ParsedCard, span: Span) -> int:
    """Decimals of a number of millions; those of 25.55 where the number is written out, as 25,549,352."""
    written = card.lines[span.line - 1][span.column - 1 : span.end_column - 1]
    number = re.search(r"[0-9]+(?:\.[0-9]+)?", written.replace(",", ""))
    if number is None or float(number[0]) >= 100_000:
        return 2
    return decimals(number[0])
