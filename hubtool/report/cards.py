"""Cards as a catalogue and one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from hubtool.card.claimset import ClaimSet
from hubtool.card.metrics import Metric
from hubtool.card.record import Card
from hubtool.engine.preprocessing import foreseen
from hubtool.errors import UsageProblem
from hubtool.lint.formats.characters import visible
from hubtool.network.claimed import claimed_network, counts_of
from hubtool.report.settings import sources_said
from hubtool.words import counted


def catalogue_table(cards: Sequence[Card]) -> Table:
    """One line per card, and one for each row of its results table that has another name."""
    table = _table("name", "version", "dataset", "published", "uid")
    for card in cards:
        _add(table, card.model_name, card.model_version, card.train_dataset or "", _figures(card.metrics), card.uid)
        for row in card.variants:
            if row.model != card.model_name:
                _add(table, f"  {row.model}", "", "", _figures(row.metrics), "a row of the card above")
    return table


def card_view(card: Card) -> Iterator[Table | Text]:
    """The record of a card: its fields, its files, its results table."""
    yield Text(visible(card.title or card.model_name), style="bold")
    fields = Table(box=None, show_header=False, pad_edge=False)
    for key, value in {**card.fields, "uid": card.uid, "path": card.path.as_posix()}.items():
        fields.add_row(Text(visible(key), style="dim"), Text(visible(str(value))))
    for asset in card.assets:
        digest = f"sha256 {asset.digest.hex} ({asset.digest.kind})" if asset.digest else "no sha256"
        fields.add_row(Text("asset", style="dim"), Text(visible(f"{asset.format}  {asset.url}  {digest}")))
    if not card.assets:
        fields.add_row(Text("asset", style="dim"), Text("no file is linked"))
    yield fields
    if card.variants:
        table = _table("model", "context", "published", "params M", "file")
        for row in card.variants:
            params = "" if row.params_m is None else f"{row.params_m:.2f}"
            name = row.asset.file_name if row.asset else ""
            _add(table, row.model, row.context or "", _figures(row.metrics), params, name)
        yield Text()
        yield table


def network_view(claim_sets: Sequence[ClaimSet]) -> Iterator[Table | Text]:
    """The networks that the claims of a card are about, and how images are prepared for each of them."""
    told: set[str] = set()
    for claim_set in claim_sets:
        lines = list(_network_lines(claim_set))
        if "\n".join(lines) not in told:
            told.add("\n".join(lines))
            yield Text()
            yield Text(visible(lines[0]), style="bold")
            yield from (Text(f"  {visible(line)}") for line in lines[1:])


def _network_lines(claim_set: ClaimSet) -> Iterator[str]:
    claimed = claimed_network(claim_set)
    if claimed.spec is None:
        yield f"network: {claimed.reason}"
        if claimed.question:
            yield claimed.question
        return
    spec = claimed.spec
    outputs = counted(spec.num_classes, "output")
    yield f"network: {spec.name} of the family {spec.family}, {counts_of(spec).described()}, {outputs}"
    try:
        settings = foreseen(claim_set, spec)
    except UsageProblem as error:
        yield f"images: {error.message}"
        return
    if settings is not None:
        yield f"images: {settings.recipe.described}"
        yield f"settings: {sources_said(settings.sources)}"


def _figures(metrics: Iterable[Metric]) -> str:
    return "  ".join(f"{metric.name} {metric.value:g}{metric.unit}".strip() for metric in metrics)


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _add(table: Table, *cells: str) -> None:
    """Add a row of text that a card wrote: neither markup nor control characters take effect."""
    table.add_row(*(Text(visible(cell)) for cell in cells))
