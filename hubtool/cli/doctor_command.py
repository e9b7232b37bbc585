"""`hubtool doctor`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import click

from hubtool.cli.output import print_json, print_rich
from hubtool.cli.settings import global_options, settings
from hubtool.engine.installed import State, engine_states
from hubtool.engine.speed import Speed, speeds
from hubtool.errors import EnvironmentProblem
from hubtool.evaluation.sampling import BATCH_SIZE
from hubtool.network.registry import spec_named
from hubtool.progress import Progress
from hubtool.report.doctor import examine

_MEASURED = spec_named("bit_resnet50")


@click.command("doctor")
@click.option("--measure", is_flag=True, help="Also measure the images per second of each engine; takes a minute.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@global_options
@click.pass_context
def command(ctx: click.Context, *, measure: bool, as_json: bool) -> int:
    """Show what works on this machine, what is missing, and the command that fixes it.

    Exits 6 when something is broken. An extra that is not installed does not count as broken.
    """
    chosen = settings(ctx)
    engines = engine_states()
    findings = examine(chosen.card_roots, chosen.cache_root, engines)
    measured = _measured(engines, chosen.progress()) if measure else []
    if as_json:
        print_json(
            {
                "findings": [finding.to_json() for finding in findings],
                "engines": {name: state.to_json() for name, state in engines.items()},
                "speed": [speed.to_json() for speed in measured],
            }
        )
    else:
        from hubtool.report.findings import doctor_view, speed_view

        print_rich(*doctor_view(findings))
        if measured:
            print_rich(*speed_view(measured, _MEASURED, BATCH_SIZE))
    return EnvironmentProblem.exit_code if any(f.status == "broken" for f in findings) else 0


def _measured(engines: Mapping[str, State], progress: Progress) -> list[Speed]:
    from hubtool.network.sample import random_model

    with tempfile.TemporaryDirectory(prefix="hubtool-") as folder:
        return list(speeds(engines, random_model(_MEASURED, Path(folder)), BATCH_SIZE, progress=progress))
