"""The results of verifying many cards: a line a model, and what kept their claims from being run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from hubtool.evidence.verdict import Verdict
from hubtool.lint.formats.characters import visible
from hubtool.report.units import figure
from hubtool.verify.checks import Level, Status
from hubtool.verify.result import Result
from hubtool.verify.summary import Summary, lines_of
from hubtool.words import some_of

MANY = 12
"""More results than these are not shown level by level, unless there is something to tell."""


_FIGURES = 3
"""So many of a model are shown."""


def is_worth_showing(result: Result) -> bool:
    """Whether there is more to tell of a result than that nothing was evaluated and nothing is wrong."""
    return result.error is not None or result.run is not None


def not_run_table(results: Sequence[tuple[str, Result]]) -> Table:
    """A line for each model of which nothing was evaluated.

    Parameters
    ----------
    results
        Each with what its model is to be called.
    """
    table = Table(box=None, padding=(0, 0, 0, 2), header_style="dim")
    for heading in ("model", "published", "file", "network", "verdict"):
        table.add_column(heading)
    for name, result in results:
        figures = [f"{claim.metric} {figure(claim.published)}" for claim in result.claims]
        kept = dict.fromkeys(obstacle.value for _, obstacle in result.obstacles())
        table.add_row(
            Text(visible(name)),
            Text(visible(some_of(figures, _FIGURES))),
            _state(result, Level.ASSET),
            _state(result, Level.NETWORK),
            Text(f"{Verdict.NOT_RUN.value}: {', '.join(kept)}" if kept else "no figures", style="dim"),
        )
    return table


def _state(result: Result, level: Level) -> Text:
    check = next((check for check in result.checks if check.level is level), None)
    if check is None:
        return Text()
    if check.status is Status.OK:
        return Text("ok, see the notes" if check.notes else "ok", style="green")
    return Text(check.obstacle.value if check.obstacle else check.status.value, style="dim")


def kept_lines(summary: Summary) -> Iterator[Text]:
    """What kept claims from being run, a line for each reason."""
    if summary.not_run:
        yield Text("not run:", style="bold")
    for line in lines_of(summary):
        yield Text(f"  {visible(line)}")
