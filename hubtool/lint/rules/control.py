"""HT9xx: the linter's own controls.

The findings come from `hubtool.lint.suppress`, which knows what each comment did. The rules are registered here so that
they are documented, selected and ignored like all others.
"""

from __future__ import annotations

from collections.abc import Iterable

from hubtool.card.parse import ParsedCard
from hubtool.lint.diagnostic import Severity
from hubtool.lint.rule import Facts, Finding, rule


@rule("HT901", "unused-ignore", Severity.WARNING, fixes="safe")
def unused_ignore(_: ParsedCard, __: Facts) -> Iterable[Finding]:
    """An ignore comment has nothing to ignore.

    The problem was fixed, or the comment is on the wrong line. If it stays, it hides the next problem of that
    kind. Comments about a rule that is switched off are not reported.

    Bad:
        license: Apache-2.0  # hubtool: ignore[HT205]

    Good:
        license: Apache-2.0
    """
    return ()


@rule("HT902", "unknown-code", Severity.WARNING)
def unknown_code(_: ParsedCard, __: Facts) -> Iterable[Finding]:
    """An ignore comment names no rule, or one that does not exist.

    Such a comment has no effect, though its author believes it has.

    Bad:
        # hubtool: ignore[H205]

    Good:
        # hubtool: ignore[HT205]
    """
    return ()
