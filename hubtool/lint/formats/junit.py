"""`--format junit`: one test case per card, for CIs that show test results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hubtool.lint.diagnostic import Diagnostic, Severity
from hubtool.lint.formats import Formatter, Totals

_SUITE = "hubtool validate"
_CLASS = "hubtool.validate"
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# A parser turns raw white space of an attribute into blanks.
_IN_ATTRIBUTE = _IN_TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})


class _Case(NamedTuple):
    """What is known of a card, as XML; empty strings when there is nothing to say."""

    failure: str = ""
    text: str = ""
    notes: str = ""


_CLEAN = _Case()


class JunitFormatter(Formatter):
    """Errors are a card's failure, warnings and infos its output.

    The counts stand in the first element and a card may come twice, so all cases are kept until the end: the text of
    their diagnostics and no more.
    """

    def __init__(self) -> None:
        self._cases: dict[str, _Case] = {}

    def render(self, shown: str, lines: Sequence[str], diagnostics: Sequence[Diagnostic]) -> _Case:  # noqa: ARG002
        if not diagnostics:
            return _CLEAN
        errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity is Severity.ERROR]
        others = [diagnostic for diagnostic in diagnostics if diagnostic.severity is not Severity.ERROR]
        failure = _attribute(f"{errors[0].code} {errors[0].message}") if errors else ""
        return _Case(failure, _listed(errors), _listed(others))

    def add(self, shown: str, rendered: _Case) -> str:
        known = self._cases.get(shown, _CLEAN)
        self._cases[shown] = _Case(
            known.failure or rendered.failure, known.text + rendered.text, known.notes + rendered.notes
        )
        return ""

    def end(self, totals: Totals) -> str:  # noqa: ARG002
        return "".join(self._document())

    def _document(self) -> Iterator[str]:
        failures = sum(1 for case in self._cases.values() if case.failure)
        counts = f'name="{_SUITE}" tests="{len(self._cases)}" failures="{failures}" errors="0"'
        yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {counts}>\n<testsuite {counts} skipped="0">\n'
        for shown, case in self._cases.items():
            yield from _test_case(shown, case)
        yield "</testsuite>\n</testsuites>\n"


def _test_case(shown: str, case: _Case) -> Iterator[str]:
    opening = f'<testcase classname="{_CLASS}" name="{_attribute(shown)}"'
    if case == _CLEAN:
        yield f"{opening}/>\n"
        return
    yield f"{opening}>\n"
    if case.failure:
        yield from ('<failure type="error" message="', case.failure, '">', case.text, "</failure>\n")
    if case.notes:
        yield from ("<system-out>", case.notes, "</system-out>\n")
    yield "</testcase>\n"


def _listed(diagnostics: Iterable[Diagnostic]) -> str:
    return "".join(
        _text(f"{d.path}:{d.span.line}:{d.span.column}: {d.severity.value} {d.code} {d.message}\n") for d in diagnostics
    )


def _text(text: str) -> str:
    return _ILLEGAL.sub("", text).translate(_IN_TEXT)


def _attribute(text: str) -> str:
    return _ILLEGAL.sub("", text).translate(_IN_ATTRIBUTE)
