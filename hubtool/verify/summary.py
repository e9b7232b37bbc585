"""What a verification of many claims comes to: the verdicts, and what kept the other claims from being run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hubtool.card.datasets import dataset_key
from hubtool.evidence.measurement import Measurement
from hubtool.evidence.verdict import Verdict
from hubtool.verify.checks import Status
from hubtool.verify.problems import Obstacle
from hubtool.verify.result import Result
from hubtool.words import counted, some_of


@dataclass(frozen=True, slots=True)
class NotRun:
    """Claims that one thing kept from being run.

    Attributes
    ----------
    obstacle
        That thing.
    claims
        How many there are.
    models
        Whose they are, by name, each once.
    message
        What kept them, in a few words.
    hint
        What to do about it; empty where there is nothing to do.
    """

    obstacle: Obstacle
    claims: int
    models: tuple[str, ...]
    message: str
    hint: str

    def to_json(self) -> dict[str, object]:
        """As `hubtool verify --json` prints it."""
        return {
            "reason": self.obstacle.value,
            "claims": self.claims,
            "models": list(self.models),
            "message": self.message,
            "hint": self.hint,
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """Of all results.

    Attributes
    ----------
    results, failed
        How many there are, and for how many of them a level failed.
    verdicts
        How many claims have which verdict.
    not_run
        What kept claims from being run, of most claims first.
    """

    results: int
    failed: int
    verdicts: Counter[Verdict]
    not_run: tuple[NotRun, ...]

    @property
    def claims(self) -> int:
        """How many there are."""
        return sum(self.verdicts.values())

    def to_json(self) -> dict[str, object]:
        """As `hubtool verify --json` prints it."""
        return {
            "results": self.results,
            "failed": self.failed,
            "claims": self.claims,
            "verdicts": {verdict.value: self.verdicts[verdict] for verdict in Verdict},
            "not_run": [one.to_json() for one in self.not_run],
        }


def summary_of(results: Sequence[Result]) -> Summary:
    """The summary of some results."""
    kept: dict[tuple[Obstacle, str], list[tuple[Result, Measurement]]] = {}
    for result in results:
        for claim, obstacle in result.obstacles():
            kept.setdefault((obstacle, _about(obstacle, result)), []).append((result, claim))
    groups = [_group(obstacle, about, claims) for (obstacle, about), claims in kept.items()]
    return Summary(
        results=len(results),
        failed=sum(result.error is not None for result in results),
        verdicts=Counter(claim.verdict for result in results for claim in result.claims),
        not_run=tuple(sorted(groups, key=lambda group: -group.claims)),
    )


def _about(obstacle: Obstacle, result: Result) -> str:
    """What tells claims with one obstacle apart; empty where nothing does."""
    if obstacle is Obstacle.NO_DATA and result.claim_set is not None:
        return dataset_key(result.claim_set.dataset)
    if obstacle in {Obstacle.NO_ENGINE, Obstacle.NO_PACKAGE, Obstacle.SETTINGS}:
        return result.checks[-1].detail
    if obstacle is Obstacle.FAILED:
        return next((check.level.value for check in result.checks if check.status is Status.FAILED), "")
    return ""


def _group(obstacle: Obstacle, about: str, claims: Sequence[tuple[Result, Measurement]]) -> NotRun:
    models = tuple(dict.fromkeys(result.heading.called for result, _ in claims))
    message, hint = _WORDS[obstacle](about, models, claims)
    return NotRun(obstacle, len(claims), models, message, hint)


_Words = Callable[[str, Sequence[str], Sequence[tuple[Result, Measurement]]], tuple[str, str]]


def _no_data(about: str, models: Sequence[str], claims: Sequence[tuple[Result, Measurement]]) -> tuple[str, str]:
    del models
    written = Counter(result.claim_set.dataset for result, _ in claims if result.claim_set).most_common(1)
    name = written[0][0] if written else about
    return f"{name} was not given", f"give it with --reproduce-eval --data {about}=PATH"


def _not_measured(about: str, models: Sequence[str], claims: Sequence[tuple[Result, Measurement]]) -> tuple[str, str]:
    del about, models
    metrics = [name for name, _ in Counter(claim.metric or "unnamed" for _, claim in claims).most_common()]
    return f"only top-1 and top-5 are measured, not {some_of(metrics)}", ""


def _said(message: str, hint: str = "") -> _Words:
    """Words that are always the same, but for the models that `{}` stands for, or what is special about them."""

    def words(about: str, models: Sequence[str], claims: Sequence[tuple[Result, Measurement]]) -> tuple[str, str]:
        del claims
        networks = f"the {'network' if len(models) == 1 else 'networks'} of {some_of(models)}"
        return message.format(about=about, networks=networks, models=some_of(models)), hint

    return words


_WORDS: dict[Obstacle, _Words] = {
    Obstacle.NO_DATA: _no_data,
    Obstacle.NOT_MEASURED: _not_measured,
    Obstacle.NOT_ASKED: _said("no evaluation was asked for", "add --reproduce-eval"),
    Obstacle.NO_NETWORK: _said("{networks} cannot be built"),
    Obstacle.OTHER_NETWORK: _said("the cards name another implementation than the one hubtool builds: {models}"),
    Obstacle.NO_FILE: _said("no checkpoint is linked by {models}", "link one under `asset`, or in the row"),
    Obstacle.NO_DATASET: _said("nobody says on which dataset, or how many classes it has: {models}"),
    Obstacle.NOT_IN_CACHE: _said("the files are not in the cache"),
    Obstacle.OFFLINE: _said("the files are not in the cache", "run it once without --offline"),
    Obstacle.NO_ENGINE: _said("{about}"),
    Obstacle.NO_PACKAGE: _said("{about}"),
    Obstacle.SETTINGS: _said("{about}"),
    Obstacle.FAILED: _said("the {about} level failed: {models}"),
}


def lines_of(summary: Summary) -> Iterator[str]:
    """What kept claims from being run, a line each: `94 claims: ImageNet-1k was not given: add --data ...`."""
    for one in summary.not_run:
        yield f"{counted(one.claims, 'claim')}: {one.message}" + (f": {one.hint}" if one.hint else "")
