"""Sections about claims as one self-contained HTML file."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from hubtool import __version__
from hubtool.evidence.verdict import Verdict
from hubtool.extras import require
from hubtool.files import environment_errors, write_atomically
from hubtool.lint.formats.characters import visible
from hubtool.report.section import Section
from hubtool.report.units import figure
from hubtool.words import counted

_TEMPLATES = Path(__file__).parent / "templates"
_TEMPLATE = "verification.html.j2"


def check_renderable() -> None:
    """Raise MissingExtra when pages cannot be made on this machine."""
    require("jinja2", extra="report", purpose="write an HTML report")


def write_page(path: Path, page: str) -> None:
    """Write a page: whole, or not at all. Raises EnvironmentProblem."""
    with environment_errors(path):
        write_atomically(path, page.encode("utf-8", "backslashreplace"))


def render_page(
    sections: Sequence[Section],
    *,
    title: str,
    now: datetime,
    settings: Sequence[tuple[str, str]] = (),
    kept: Sequence[str] = (),
) -> str:
    """The page: a summary, and the sections.

    Parameters
    ----------
    now
        When it was made; aware of its time zone.
    settings
        How it was made, beside the version of hubtool: names and values.
    kept
        What kept claims from being run, a sentence each.

    Raises
    ------
    MissingExtra
        jinja2 is not installed.
    """
    jinja2 = require("jinja2", extra="report", purpose="write an HTML report")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,  # the text of cards is not to be trusted
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"figure": figure, "counted": counted}
    verdicts = Counter(claim.verdict for section in sections for claim in section.claims)
    return str(
        environment.get_template(_TEMPLATE).render(
            title=title,
            version=__version__,
            time=now.isoformat(sep=" ", timespec="seconds"),
            claims=sum(verdicts.values()),
            verdicts=[(verdict, verdicts[verdict]) for verdict in Verdict if verdicts[verdict]],
            kept=list(kept),
            failed=sum(section.failed for section in sections),
            settings=[*settings, ("hubtool", __version__), ("Python", platform.python_version())],
            sections=list(sections),
        )
    )


def _shown(value: object) -> object:
    """Text with characters that show nothing, or reorder the rest, written as escapes; markup stays as it is."""
    return visible(value, keep="\n") if type(value) is str else value
