"""HT9xx: the linter's own controls.

The findings come from `hubtool.lint.suppress`, which alone knows what each comment did; the rules stand here to be
documented, selected and ignored like all others.
"""

from __future__ import annotations

from collections.abc import Iterable

from hubtool.card.parse import ParsedCard
from hubtool.lint.diagnostic import Severity
from hubtool.lint.rule import Facts, Finding, rule


@rule("HT901", "unused-ignore", Severity.WARNING, fixes="safe")
def unused_ignore(_: ParsedCard, __: Facts) -> Iterable[Finding]:
    """An ignore comment has nothing to ignore.

    The problem was mended, or the comment stands at the wrong line. Left there, it hides the next
    problem of that kind. Found after all other rules, while ignore comments are applied; a rule that
    is switched off does not make its comments unused.

    Bad:
        license: Apache-2.0  # hubtool: ignore[HT205]

    Good:
        license: Apache-2.0
    """
    return ()


@rule("HT902", "unknown-code", Severity.WARNING)
def unknown_code(_: ParsedCard, __: Facts) -> Iterable[Finding]:
    """An ignore comment names no rule, or one that does not exist.

    Such a comment has no effect, and its author believes it has. Found after all other rules, while
    ignore comments are applied.

    Bad:
        # hubtool: ignore[H205]

    Good:
        # hubtool: ignore[HT205]
    """
    return ()
