"""What an evaluation found, as an in-toto statement that anyone can sign: one record, written and read.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md; schema: schemas/evidence.schema.json. Two
evaluations with the same outcome give the same statement except for its times.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubtool.card.claim import Claim
from hubtool.card.record import SHORTEST_DIGEST
from hubtool.card.span import Span
from hubtool.evidence.conditions import (
    EngineUsed,
    EvaluatedData,
    EvaluatedPart,
    list_of_texts,
    read_data,
    read_engine,
    read_part,
)
from hubtool.evidence.measurement import Measurement, read_measurement
from hubtool.evidence.reading import NONE, NUMBER, BadStatement, optional, texts, value
from hubtool.evidence.verdict import Verdict
from hubtool.files import read_regular, write_atomically

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:hubtool:predicate:evaluation:v1"
SUFFIX = ".intoto.json"
_LARGEST_BYTES = 4 * 1024 * 1024
_NOT_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9._+-]")


@dataclass(frozen=True, slots=True)
class Statement:
    """What one file of evidence says. Digests are SHA-256, 64 lower-case hexadecimal digits.

    Attributes
    ----------
    uid, variant
        The card, and the row of its results table; None for the front matter.
    card_sha256
        Of the card's file as it was read before the evaluation.
    claims_sha256
        Of what the card claimed then, see `hubtool.card.digest`.
    asset_name, asset_sha256
        The checkpoint that was evaluated: its file name and digest.
    recipe
        How images became the network's input, as schemas/eval-recipe.schema.json has it; None where the dataset
        fixes that.
    overrides
        Keys of the recipe that `--recipe` set against the card, with their values as text.
    versions
        Of Python and of the libraries in use, by name.
    ledger_sha256
        Of the answers for each image; None where there are none.
    finished, seconds
        When the evaluation ended (ISO 8601), and how long it took.
    weights_notes
        What was skipped or taken for granted in the checkpoint, such as averaged weights that were chosen.
    recipe_sources
        For each key of the recipe, who says so, in a few words; empty where that is not known.
    """

    uid: str
    variant: str | None
    card_sha256: str
    claims_sha256: str
    asset_name: str
    asset_sha256: str
    measurements: tuple[Measurement, ...]
    data: EvaluatedData
    recipe: Mapping[str, object] | None = field(hash=False)
    overrides: Mapping[str, str] = field(hash=False)
    part: EvaluatedPart
    engine: EngineUsed
    versions: Mapping[str, str] = field(hash=False)
    ledger_sha256: str | None
    finished: str
    seconds: float
    weights_notes: tuple[str, ...] = ()
    recipe_sources: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def stem(self) -> str:
        """The card's file name without its suffix."""
        return self.uid.rpartition("/")[2]

    def file_name(self, *apart: str) -> str:
        """What its file is called: by its card, its row, what else tells it apart, and the file that was evaluated."""
        name = _NOT_IN_FILE_NAMES.sub("_", "-".join([self.stem, *filter(None, [self.variant, *apart])]))
        return f"{name}-{self.asset_sha256[:SHORTEST_DIGEST]}{SUFFIX}"

    @property
    def contradiction(self) -> str:
        """What in it cannot be true together; empty when all of it can."""
        for measurement in self.measurements:
            if problem := measurement.contradiction:
                return f"{measurement.metric}: {problem}"
            if measurement.dataset_images not in {None, self.data.images}:
                return (
                    f"{measurement.metric}: of {measurement.dataset_images:,} images, "
                    f"the dataset has {self.data.images:,}"
                )
        return ""

    def is_about(self, claims: Sequence[Claim]) -> bool:
        """Whether these are the figures that it was made for."""
        return [(m.metric, m.published) for m in self.measurements] == [(m.name, m.value) for m in claims]

    @property
    def contradicted(self) -> list[Measurement]:
        """The figures that it shows to be wrong.

        None when images were prepared differently from what the card says, or the network computed in another
        precision than float32: the figure may be off for that reason alone.
        """
        if self.overrides or not self.engine.is_exact:
            return []
        return [m for m in self.measurements if m.judged(m.published, m.tolerance) is Verdict.MISMATCH]

    @property
    def shortcoming(self) -> str:
        """Why it does not reproduce the figures as the card claims them; empty when it does."""
        if self.contradiction:
            return "contradicts itself"
        if self.overrides:
            return f"was made with --recipe {', '.join(sorted(self.overrides))}"
        if not self.engine.is_exact:
            return f"was computed in {self.engine.precision}, not in float32"
        if self.data.known_split_images not in {None, self.data.images}:
            return f"is about {self.data.images:,} images, the dataset's split has {self.data.known_split_images:,}"
        run = [m for m in self.measurements if m.correct is not None]
        if not run:
            return "measured none of them"
        return next(filter(None, (m.shortcoming for m in run)), "")

    def to_json(self) -> dict[str, object]:
        """The statement as schemas/evidence.schema.json describes it."""
        return {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": self.asset_name, "digest": {"sha256": self.asset_sha256}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "card": {
                    "uid": self.uid,
                    "variant": self.variant,
                    "sha256": self.card_sha256,
                    "claims_sha256": self.claims_sha256,
                },
                "claims": [measurement.to_json() for measurement in self.measurements],
                "dataset": self.data.to_json(),
                "recipe": None if self.recipe is None else dict(self.recipe),
                "recipe_overrides": dict(self.overrides),
                **({"recipe_sources": dict(self.recipe_sources)} if self.recipe_sources else {}),
                "sampling": self.part.to_json(),
                "engine": self.engine.to_json(),
                **({"weights_notes": list(self.weights_notes)} if self.weights_notes else {}),
                "versions": dict(self.versions),
                "ledger": None if self.ledger_sha256 is None else {"sha256": self.ledger_sha256},
                "times": {"finished": self.finished, "seconds": self.seconds},
            },
        }

    def write(self, path: Path) -> Path:
        """Write it, whole or not at all, and return the path. Raises OSError."""
        write_atomically(path, f"{json.dumps(self.to_json(), indent=2, sort_keys=True)}\n".encode())
        return path


def read_statement(path: Path) -> Statement | None:
    """What a file of evidence says; None for a statement of another kind, which is not hubtool's to judge.

    Raises
    ------
    BadStatement
        It cannot be read, or is no evidence.
    """
    try:
        document = json.loads(read_regular(path, _LARGEST_BYTES))
    except OSError as error:
        raise BadStatement(f"cannot be read: {error.strerror or error}") from error
    except json.JSONDecodeError as error:
        place = Span(error.lineno, error.colno, error.lineno, error.colno + 1)
        raise BadStatement(f"not JSON ({error.msg})", place) from error
    except (ValueError, RecursionError) as error:
        raise BadStatement(f"not JSON ({error})") from error
    if value(document, "predicateType", str) != PREDICATE_TYPE:
        return None
    return _statement(document)


def _statement(document: Any) -> Statement:
    """What rules compare has to be there; of the rest, evidence of older versions may lack some."""
    claims = value(document, "predicate.claims", list)
    ledger = optional(document, "predicate.ledger", None, dict, NONE)
    return Statement(
        uid=value(document, "predicate.card.uid", str),
        variant=value(document, "predicate.card.variant", str, NONE),
        card_sha256=optional(document, "predicate.card.sha256", "", str),
        claims_sha256=value(document, "predicate.card.claims_sha256", str),
        asset_name=optional(document, "subject.0.name", "", str),
        asset_sha256=value(document, "subject.0.digest.sha256", str),
        measurements=tuple(read_measurement(document, f"predicate.claims.{number}") for number in range(len(claims))),
        data=read_data(document, "predicate.dataset"),
        recipe=optional(document, "predicate.recipe", None, dict, NONE),
        overrides=_overrides(document),
        part=read_part(document, "predicate.sampling"),
        engine=read_engine(document, "predicate.engine"),
        versions=texts(document, "predicate.versions"),
        ledger_sha256=None if ledger is None else value(document, "predicate.ledger.sha256", str),
        finished=optional(document, "predicate.times.finished", "", str),
        seconds=optional(document, "predicate.times.seconds", 0.0, *NUMBER),
        weights_notes=list_of_texts(document, "predicate.weights_notes"),
        recipe_sources=texts(document, "predicate.recipe_sources"),
    )


def _overrides(document: Any) -> dict[str, str]:
    value(document, "predicate.recipe_overrides", dict)  # evidence that does not say cannot count as made without any
    return texts(document, "predicate.recipe_overrides")
