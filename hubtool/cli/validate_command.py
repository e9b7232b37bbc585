"""`hubtool validate`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from hubtool.card.parse import read_card
from hubtool.cli.output import print_json, write_for_programs
from hubtool.cli.settings import global_options, settings
from hubtool.cli.userpath import UserPath
from hubtool.errors import CardError, NotFound, UsageProblem
from hubtool.files import environment_errors, find_upwards, write_atomically
from hubtool.lint.baseline import Baseline
from hubtool.lint.config import LintConfig, enabled_codes, ignored_for, load_config
from hubtool.lint.diagnostic import Diagnostic
from hubtool.lint.engine import check_card
from hubtool.lint.fixes import FixResult, fix_card, unified_diff
from hubtool.lint.formats import FormatName, Formatter, formatter
from hubtool.lint.outcome import Outcome, Presenter, Tally
from hubtool.lint.rule import CARD_RULES, CATALOGUE_RULES, Facts, Rule
from hubtool.lint.rules.links import LINK_CODES, links_of
from hubtool.lint.run import CardFile, Checked, Checks, check_cards, default_jobs, find_cards
from hubtool.lint.suppress import drop_ignored
from hubtool.network.claimed import counts_of_row, known_counts
from hubtool.resources import LOCKFILE
from hubtool.words import counted

if TYPE_CHECKING:
    from hubtool.asset.lockfile import Locks

_Outcome = TypeVar("_Outcome")
_FORMATS = click.Choice(["text", "json", "github", "sarif", "junit"])


@click.command("validate")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@click.option("--format", "format_", type=_FORMATS, default="text", show_default=True)
@click.option("--select", multiple=True, metavar="CODES", help="Only these rules: codes, prefixes, names.")
@click.option("--ignore", multiple=True, metavar="CODES", help="All rules but these.")
@click.option("--fix", is_flag=True, help="Fix what can be fixed safely, then report the rest.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff, also edits that need a second look.")
@click.option(
    "--diff", is_flag=True, help="Show what --fix would change, without changing it; exit 1 if there are changes."
)
@click.option("--baseline", type=UserPath(dir_okay=False), help="A file of known problems, which do not count.")
@click.option(
    "--write-baseline",
    type=UserPath(dir_okay=False),
    help="Record all current problems in this file as known ones.",
)
@click.option("--online", is_flag=True, help="Also check that links work, each at most once a day.")
@click.option("--statistics", is_flag=True, help="Count the problems of each rule, instead of listing them.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 even if there are errors.")
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), help="Number of processes.  [default: depends on the number of cards]"
)
@global_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    format_: FormatName,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    baseline: Path | None,
    write_baseline: Path | None,
    online: bool,
    statistics: bool,
    exit_zero: bool,
    jobs: int | None,
) -> int:
    """Check the cards at and below each PATH; by default all cards.

    Exits 1 when a card has an error. `hubtool rule CODE` explains a rule. Rules, ignores and a baseline can be
    set in hubtool.toml or pyproject.toml.
    """
    chosen = settings(ctx)
    given = paths or tuple(str(root) for root in chosen.card_roots)
    cards = find_cards(given)
    if not cards:
        raise NotFound(f"{', '.join(given)}: no cards found", hint="cards are Markdown files, *.md")
    config = load_config(Path.cwd())
    codes = enabled_codes(config, _split(select), _split(ignore))
    checks = _checks(config, codes - LINK_CODES, cards)
    if diff:
        return _show_diff(cards, checks, unsafe=unsafe_fixes)
    if fix:
        _fix(cards, checks, unsafe=unsafe_fixes)
    known = baseline or config.baseline
    if online and chosen.offline:
        raise UsageProblem("--online and --offline contradict each other")

    def checked(present: Callable[[Checked], _Outcome]) -> Iterator[_Outcome]:
        yield from check_cards(cards, checks, jobs or default_jobs(len(cards)), present)
        if online:
            yield from map(present, _look_up(cards, checks, codes & LINK_CODES, chosen.cache_root))

    if write_baseline is not None:
        noted = Baseline.write(write_baseline, checked(_finding))
        click.echo(f"{counted(noted, 'problem')} recorded in {write_baseline}", err=True)
        return 0
    known_problems = Baseline.load(known) if known is not None else None
    tally = Tally()
    if statistics:
        for outcome in checked(Presenter(known_problems, None)):
            tally.add(outcome)
        _print_statistics(tally, format_)
    else:
        if format_ != "text":
            write_for_programs()
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        writer = formatter(format_, colour=colour, rules=_rules())
        _print(checked(Presenter(known_problems, writer)), writer, tally)
    return 1 if tally.has_error and not exit_zero else 0


def _finding(checked: Checked) -> tuple[str, Sequence[str], Sequence[Diagnostic]]:
    return checked[:3]


def _rules() -> dict[str, Rule]:
    return {rule.code: rule for rule in sorted((*CARD_RULES, *CATALOGUE_RULES), key=lambda rule: rule.code)}


def _checks(config: LintConfig, codes: frozenset[str], cards: Sequence[CardFile]) -> Checks:
    ignored = {card.shown: unwanted for card in cards if (unwanted := ignored_for(config, card.shown))}
    return Checks(codes, Facts(counts_of_row, known_counts(), _locks(cards)), ignored)


def _locks(cards: Sequence[CardFile]) -> Locks | None:
    folders = {os.path.dirname(card.shown) for card in cards}  # noqa: PTH120 (for every card of a hub)
    if not any(find_upwards(Path(folder), LOCKFILE) for folder in folders):
        return None
    from hubtool.asset.lockfile import Locks

    locks = Locks()
    for folder in folders:
        locks.read(Path(folder))  # now, before any of the report is written
    return locks


def _look_up(cards: Sequence[CardFile], checks: Checks, codes: frozenset[str], cache_root: Path) -> Iterator[Checked]:
    """The cards with links that lead nowhere."""
    from hubtool.asset.access import access_from_environment
    from hubtool.asset.online import look_up

    parsed = [read_card(card.path, uid=card.uid, shown=card.shown) for card in cards]
    access = access_from_environment(allow_http=True)  # a page over http counts too
    states = look_up((url for card in parsed for url, _ in links_of(card)), cache_root / "links.json", access)
    facts = replace(checks.facts, probe=states.__getitem__)
    for card in parsed:
        wanted = codes - checks.ignored.get(card.shown, frozenset())
        found = drop_ignored(card, check_card(card, facts, wanted))
        if found:
            yield Checked(card.shown, card.lines, found, None, again=True)


def _split(codes: Sequence[str]) -> list[str]:
    return [code for part in codes for code in part.replace(",", " ").split()]


def _print(outcomes: Iterator[Outcome], writer: Formatter, tally: Tally) -> None:
    # Not click.echo, which flushes: of many cards most have a line or two to say.
    sys.stdout.write(writer.start())
    for outcome in outcomes:
        tally.add(outcome)
        sys.stdout.write(writer.add(outcome.shown, outcome.rendered))
    sys.stdout.write(writer.end(tally.totals))


def _print_statistics(tally: Tally, format_: FormatName) -> None:
    rules = _rules()
    rows = sorted(tally.codes.items(), key=lambda row: (-row[1], row[0]))
    if format_ == "json":
        counts = [{"code": code, "name": rules[code].name, "count": count} for code, count in rows]
        print_json({"cards": tally.cards, "statistics": counts})
    elif format_ == "text":
        for code, count in rows:
            click.echo(f"{count:>7,}  {code}  {rules[code].severity.value:<7}  {rules[code].name}")
        click.echo(f"{counted(tally.cards, 'card')}, {len(tally.cards_with_errors):,} with errors")
    else:
        raise UsageProblem(f"--statistics has no {format_} format", hint="text or json")


def _fixes(cards: Sequence[CardFile], checks: Checks, *, unsafe: bool) -> Iterator[tuple[CardFile, FixResult]]:
    def allowed(diagnostic: Diagnostic) -> bool:
        return diagnostic.edit is not None and (unsafe or diagnostic.edit.safe)

    for card in cards:
        result = fix_card(card.path, card.shown, checks.of, allowed, uid=card.uid)
        if result.refused:
            click.echo(f"{card.shown}: skipped: {result.refused}", err=True)
        if result.after != result.before:
            yield card, result


def _show_diff(cards: Sequence[CardFile], checks: Checks, *, unsafe: bool) -> int:
    changed = 0
    write_for_programs()
    for card, result in _fixes(cards, checks, unsafe=unsafe):
        changed += 1
        click.echo(unified_diff(card.shown, result.before, result.after), nl=False)
    click.echo(f"{changed:,} of {counted(len(cards), 'card')} would change", err=True)
    return CardError.exit_code if changed else 0


def _fix(cards: Sequence[CardFile], checks: Checks, *, unsafe: bool) -> None:
    edits = changed = 0
    for card, result in _fixes(cards, checks, unsafe=unsafe):
        with environment_errors(card.path):
            write_atomically(card.path, result.data)
        changed += 1
        edits += result.applied
    click.echo(f"fixed {counted(edits, 'problem')} in {counted(changed, 'card')}", err=True)
