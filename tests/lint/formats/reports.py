"""Reports over invented diagnostics, shared by the tests of all formats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hypothesis import strategies as st

from hubtool.card.span import Span
from hubtool.lint.diagnostic import Diagnostic, Edit, Severity
from hubtool.lint.formats import FormatName, Totals, formatter
from hubtool.lint.rule import Rule

Checked = tuple[str, Sequence[str], Sequence[Diagnostic]]

DOC = """A value is a lone dash.

To YAML a dash opens a list.

Bad:
    evaluation: -

Good:
    evaluation:
"""

RULES: Mapping[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule("HT108", "lone-dash", Severity.WARNING, "safe", DOC),
        Rule("HT201", "missing-field", Severity.ERROR, "no", DOC),
        Rule("HT501", "odd-claim", Severity.INFO, "unsafe", DOC),
    )
}


FIRST_CHARACTER = Span(1, 1, 1, 2)


def diagnostic(
    code: str = "HT201",
    message: str = "wrong",
    span: Span = FIRST_CHARACTER,
    *,
    path: str = "a.md",
    edit: Edit | None = None,
) -> Diagnostic:
    severity = RULES[code].severity if code in RULES else Severity.ERROR
    return Diagnostic(path, span, code, severity, message, edit)


def totals(checked: Sequence[Checked]) -> Totals:
    found = [diagnostic for _, _, diagnostics in checked for diagnostic in diagnostics]

    def count(severity: Severity) -> int:
        return sum(diagnostic.severity is severity for diagnostic in found)

    return Totals(
        cards=len({shown for shown, _, _ in checked}),
        errors=count(Severity.ERROR),
        warnings=count(Severity.WARNING),
        infos=count(Severity.INFO),
        cards_with_errors=len({d.path for d in found if d.severity is Severity.ERROR}),
        fixable=sum(d.edit is not None and d.edit.safe for d in found),
        unsafely_fixable=sum(d.edit is not None and not d.edit.safe for d in found),
    )


def report(
    name: FormatName, checked: Iterable[Checked], *, colour: bool = False, rules: Mapping[str, Rule] = RULES
) -> str:
    stream = list(checked)
    writer = formatter(name, colour=colour, rules=rules)
    cards = [writer.add(card[0], writer.render(*card)) for card in stream]
    return writer.start() + "".join(cards) + writer.end(totals(stream))


ANY_TEXT = st.text(
    st.one_of(st.characters(exclude_categories=()), st.sampled_from("\x00\x1b\r\n\t]]>&<\"'%:,`{}\ud800"))
)
"""Any characters at all, with those that formats stumble over."""


@st.composite
def any_cards(draw: st.DrawFn) -> list[Checked]:
    """Checked cards with any names, lines and messages; places may lie outside the lines."""
    number = st.integers(1, 40)
    spans = st.builds(
        lambda line, column, down, on: Span(line, column, line + down, column + on),
        number,
        number,
        st.integers(0, 2),
        st.integers(0, 30),
    )
    edits = st.none() | st.builds(Edit, st.just(0), st.just(1), ANY_TEXT, st.booleans())
    cards = []
    for shown in draw(st.lists(ANY_TEXT, max_size=3)):
        one = st.builds(
            lambda *a, shown=shown: diagnostic(*a[:3], path=shown, edit=a[3]),
            st.sampled_from([*RULES, "HT999"]),
            ANY_TEXT,
            spans,
            edits,
        )
        cards.append((shown, draw(st.lists(ANY_TEXT, max_size=4)), draw(st.lists(one, max_size=3))))
    return cards
