"""HT604 and HT608: tables and blocks of code."""

from __future__ import annotations

from collections.abc import Iterable

from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Severity
from hubtool.lint.markdown.body import Body, read_body
from hubtool.lint.markdown.tables import Row
from hubtool.lint.rule import Facts, Finding, rule


@rule("HT604", "malformed-table", Severity.WARNING)
def malformed_table(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    r"""A table is not shown as it was meant.

    Cells beyond those of the header are dropped silently, and a table whose second line does not have one `---`
    for each column is shown as plain text. A bar splits a cell, even in code: write it as `\|`.

    Bad:
        | Model    | Top-1 |
        | -------- | ----- |
        | resnet50 | 76.8  | 93.2 |

    Good:
        | Model    | Top-1 | Top-5 |
        | -------- | ----- | ----- |
        | resnet50 | 76.8  | 93.2  |
    """
    body = read_body(card)
    if body is None:
        return
    for table in body.tables:
        if not table.valid:
            yield Finding(_row_span(body, table.delimiter), _broken_delimiter(table.header, table.delimiter))
        for row in table.rows:
            if row.cells > table.header.cells:
                message = f"the row has {row.cells} cells, its header {table.header.cells}: the rest is not shown"
                yield Finding(_row_span(body, row), message)
            elif row.cells == 1 < table.header.cells and "|" not in body.text[row.start : row.end]:
                yield Finding(_row_span(body, row), "a line right below a table becomes a row of it: add a blank line")


def _broken_delimiter(header: Row, delimiter: Row) -> str:
    if header.cells != delimiter.cells:
        return f"the delimiter row has {delimiter.cells} cells, its header {header.cells}: this is not shown as a table"
    return "a delimiter row has `---` in each cell, with colons only at its ends: this is not shown as a table"


def _row_span(body: Body, row: Row) -> Span:
    line = body.text[row.start : row.end]
    start = row.start + len(line) - len(line.lstrip())
    return body.span(start, start + len(line.strip()))


@rule("HT608", "unclosed-fence", Severity.WARNING)
def unclosed_fence(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A fenced block of code is never closed.

    Everything up to the end of the card is shown as code. The closing line has at least as many backticks or
    tildes as the opening one, and nothing after them.

    Bad:
        ```python
        network = hubtool.load("bit_resnet50")

    Good:
        ```python
        network = hubtool.load("bit_resnet50")
        ```
    """
    body = read_body(card)
    if body is None:
        return
    for fence in body.fences:
        if not fence.closed:
            opening = body.text[fence.start : fence.opening_end].rstrip()
            count = len(opening) - len(opening.lstrip(opening[0]))
            signs = f"{count} {'backticks' if opening[0] == '`' else 'tildes'}"
            message = f"the block of code that opens here is not closed: add a line of {signs} after it"
            yield Finding(body.span(fence.start, fence.start + len(opening)), message)
