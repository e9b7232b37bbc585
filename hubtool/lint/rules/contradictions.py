"""HT506 and HT507: figures against each other and against the networks that hubtool knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hubtool.card.datasets import same_dataset
from hubtool.card.metrics import Metric
from hubtool.card.params import agreeing, copied_from
from hubtool.card.parse import ParsedCard
from hubtool.card.record import Asset, same_file
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
    the figure was copied from one. All parameters may be counted, or only the trainable ones. The head is that of
    the dataset. Only networks that hubtool can build are checked, and not those of another implementation.

    Bad:
        | Model        | Params(M) |
        | ------------ | --------- |
        | bit_resnet50 | 44.54     |

    Good:
        | Model        | Params(M) |
        | ------------ | --------- |
        | bit_resnet50 | 25.55     |
    """
    for row in card.rows:
        if row.params is None or row.params_span is None or facts.counts_of is None:
            continue
        counts = facts.counts_of(card, row)
        if counts is None or agreeing(row.params, counts, facts.other_counts):
            continue
        other = copied_from(row.params, counts, facts.other_counts)
        message = f"`{row.model}` has {counts.described(2)}, not {row.params}" + (
            f", which is the number of {other}" if other else ""
        )
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
