"""`hubtool rule`."""

from __future__ import annotations

import difflib

import click

import hubtool.lint.rules  # noqa: F401 (fills the tables of rules)
from hubtool.cli.output import print_json
from hubtool.cli.settings import global_options, settings
from hubtool.errors import NotFound
from hubtool.lint.docs import rule_page
from hubtool.lint.rule import CARD_RULES, CATALOGUE_RULES, Rule


@click.command("rule")
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@global_options
@click.pass_context
def command(ctx: click.Context, *, code: str | None, as_json: bool) -> None:
    """Explain the rule called CODE, a code or a name; without one, list all rules."""
    settings(ctx)
    rules = sorted((*CARD_RULES, *CATALOGUE_RULES), key=lambda rule: rule.code)
    chosen = rules if code is None else [_find(rules, code)]
    if as_json:
        print_json([_document(rule) for rule in chosen])
    elif code is None:
        for rule in rules:
            click.echo(f"{rule.code}  {rule.severity.value:<7}  {rule.name}")
    else:
        click.echo(rule_page(chosen[0]), nl=False)


def _find(rules: list[Rule], wanted: str) -> Rule:
    by_name = {known: rule for rule in rules for known in (rule.code.casefold(), rule.name)}
    if rule := by_name.get(wanted.casefold()):
        return rule
    close = difflib.get_close_matches(wanted.casefold(), by_name, 3)
    hint = f"did you mean {' or '.join(by_name[near].code for near in close)}?" if close else "hubtool rule lists all"
    raise NotFound(f"there is no rule {wanted}", hint=hint)


def _document(rule: Rule) -> dict[str, str]:
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity.value,
        "fixes": rule.fixes,
        "explanation": rule.doc,
    }
