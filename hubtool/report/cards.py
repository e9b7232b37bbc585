"""Cards as a catalogue and one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from hubtool.card.record import Card


def catalogue_table(cards: Sequence[Card]) -> Table:
    """One line a card, and one for each row of its results table that has another name."""
    table = _table("name", "version", "dataset", "published", "uid")
    for card in cards:
        published = "  ".join(f"{metric.name} {metric.value:g}{metric.unit}" for metric in card.metrics)
        table.add_row(card.model_name, card.model_version, card.train_dataset or "", published, Text(card.uid))
        for row in card.variants:
            if row.model != card.model_name:
                figures = "  ".join(f"{metric.name} {metric.value:g}{metric.unit}" for metric in row.metrics)
                table.add_row(f"  {row.model}", "", "", figures, Text("a row of the card above", style="dim"))
    return table


def card_view(card: Card) -> Iterator[Table | Text]:
    """The record of a card: its fields, its files, its results table."""
    yield Text(card.title or card.model_name, style="bold")
    fields = Table(box=None, show_header=False, pad_edge=False)
    for key, value in {"uid": card.uid, "path": card.path.as_posix(), **card.fields}.items():
        fields.add_row(Text(key, style="dim"), Text(str(value)))
    for asset in card.assets:
        digest = f"sha256 {asset.digest.hex} ({asset.digest.kind})" if asset.digest else "no sha256"
        fields.add_row(Text("asset", style="dim"), Text(f"{asset.format}  {asset.url}  {digest}"))
    yield fields
    if card.variants:
        table = _table("model", "context", "top-1 %", "top-5 %", "params M", "file")
        for row in card.variants:
            values = {metric.name: f"{metric.value:.2f}" for metric in row.metrics}
            params = "" if row.params_m is None else f"{row.params_m:.2f}"
            name = row.asset.file_name if row.asset else ""
            table.add_row(row.model, row.context or "", values.get("top1", ""), values.get("top5", ""), params, name)
        yield Text()
        yield table


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
