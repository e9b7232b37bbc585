"""`hubtool doctor`."""

from __future__ import annotations

import click

from hubtool.cli.output import print_json, print_rich
from hubtool.cli.settings import global_options, settings
from hubtool.errors import EnvironmentProblem
from hubtool.report.doctor import examine


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@global_options
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> int:
    """Show what works on this machine, what is missing, and the command that fixes it.

    Exits 6 when something is broken. An extra that is not installed does not count as broken.
    """
    chosen = settings(ctx)
    findings = examine(chosen.card_roots, chosen.cache_root)
    if as_json:
        print_json({"findings": [finding.to_json() for finding in findings]})
    else:
        from hubtool.report.findings import doctor_view

        print_rich(*doctor_view(findings))
    return EnvironmentProblem.exit_code if any(f.status == "broken" for f in findings) else 0
