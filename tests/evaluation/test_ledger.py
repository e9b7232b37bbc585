from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubtool.evaluation import ledger as module
from hubtool.evaluation.ledger import Resume, digest_of, opened
from hubtool.evaluation.loop import evaluate
from hubtool.evaluation.measure import ledger_inputs, measure
from hubtool.evaluation.sampling import Sampling, draw
from hubtool.evaluation.topk import new_rows
from tests.evaluation.fakes import MODEL, Guess, Numbers

np = pytest.importorskip("numpy")
INPUTS = {"asset": "ab" * 32, "network": "net", "batch_size": 3}


def rows(*indices: int):
    made = new_rows(len(indices))
    made["index"] = indices
    made["label"] = [i % 10 for i in indices]
    made["best"] = [[i % 10, 1, 2, -1, -1] for i in indices]
    made["logit"] = [np.float32(0.1) * i for i in indices]
    return made


def write(folder: Path, *batches, finished: bool = False) -> Path:
    with opened(folder, INPUTS, Resume.NONE) as ledger:
        for batch in batches:
            ledger.append(batch)
        if finished:
            ledger.finish()
    (path,) = folder.iterdir()
    return path


def read(folder: Path, resume: Resume = Resume.UNFINISHED) -> list[int]:
    with opened(folder, INPUTS, resume) as ledger:
        return [int(index) for batch in ledger.batches for index in batch["index"]]


def interrupted_after(folder: Path, resume: Resume, *batches) -> None:
    with opened(folder, INPUTS, resume) as ledger:
        for batch in batches:
            ledger.append(batch)
        raise KeyboardInterrupt


def test_answers_come_back_bit_by_bit(tmp_path: Path) -> None:
    written = rows(7, 4, 49_999)
    written["logit"] = [1 / 3, np.finfo("float32").tiny / 8, -np.finfo("float32").max]
    path = write(tmp_path, written, rows(1))
    with opened(tmp_path, INPUTS) as ledger:
        assert [batch.tobytes() for batch in ledger.batches] == [written.tobytes(), rows(1).tobytes()]
    header, first, _ = map(json.loads, path.read_text().splitlines())
    assert header == {"ledger": 2, "inputs": INPUTS}
    assert first["rows"][0] == [7, 7, [7, 1, 2, -1, -1], float(np.float32(1.0) / np.float32(3.0))]


def test_other_inputs_are_another_ledger(tmp_path: Path) -> None:
    write(tmp_path, rows(1))
    for key, value in (("asset", "cd" * 32), ("network", "net2"), ("batch_size", 4)):
        with opened(tmp_path, INPUTS | {key: value}) as ledger:
            assert ledger.batches == []
    assert len(list(tmp_path.iterdir())) == 4
    assert read(tmp_path) == [1]


def test_a_ledger_under_the_wrong_name_is_not_believed(tmp_path: Path) -> None:
    other = INPUTS | {"seed": 1}
    write(tmp_path, rows(1)).rename(tmp_path / f"{digest_of(other)}.jsonl")
    with opened(tmp_path, other) as ledger:
        assert ledger.batches == []


@pytest.mark.parametrize(
    ("finished", "resume", "kept"),
    [
        (False, Resume.UNFINISHED, [1, 2]),
        (False, Resume.ALL, [1, 2]),
        (False, Resume.NONE, []),
        (True, Resume.UNFINISHED, []),
        (True, Resume.ALL, [1, 2]),
        (True, Resume.NONE, []),
    ],
)
def test_what_is_gone_on_from(tmp_path: Path, caplog, finished: bool, resume: Resume, kept: list[int]) -> None:
    write(tmp_path, rows(1, 2), finished=finished)
    assert read(tmp_path, resume) == kept
    assert ("resuming after 2 images" in caplog.text) == bool(kept)


def test_what_is_added_stands_after_what_was_kept(tmp_path: Path) -> None:
    path = write(tmp_path, rows(1), finished=True)
    with opened(tmp_path, INPUTS, Resume.ALL) as ledger:
        ledger.append(rows(2))
        ledger.finish()
    assert path.read_bytes() == write(tmp_path / "whole", rows(1), rows(2), finished=True).read_bytes()


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_wherever_a_ledger_is_torn_its_beginning_is_kept(tmp_path: Path, data: st.DataObject) -> None:
    """Cut at any byte, or with any byte changed: what is read is a beginning of what was written, never else."""
    path = write(tmp_path, rows(1, 2), rows(3, 4), rows(5))
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(whole) - 1))
    torn = data.draw(st.sampled_from(["cut", "changed"]))
    path.write_bytes(whole[:at] if torn == "cut" else whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    intact, end = -1, 0  # batches whose lines end before the damage; the header must be intact, too
    for line in lines:
        end += len(line)
        intact += end <= at
    assert read(tmp_path) == [1, 2, 3, 4, 5][: [0, 2, 4, 5][max(intact, 0)]]
    with opened(tmp_path, INPUTS) as ledger:
        kept = len(ledger.batches)
        for batch in (rows(1, 2), rows(3, 4), rows(5))[kept:]:
            ledger.append(batch)
    assert path.read_bytes() == whole


def test_a_disk_that_refuses_does_not_end_the_run(tmp_path: Path, monkeypatch, caplog) -> None:
    def full(*_) -> None:
        raise OSError(28, "No space left on device")

    with opened(tmp_path, INPUTS) as ledger:
        ledger.append(rows(1))
        monkeypatch.setattr(module, "_write_whole", full)
        ledger.append(rows(2))
        ledger.append(rows(3))
        ledger.finish()
    assert caplog.text.count("No space left on device") == 1
    monkeypatch.undo()
    assert read(tmp_path) == [1]


@pytest.mark.parametrize(
    ("resume", "said"),
    [
        (Resume.UNFINISHED, "the same command resumes after the 3 images evaluated so far"),
        (Resume.NONE, "the same command without --no-resume resumes after the 2 images evaluated so far"),
    ],
)
def test_an_interrupt_says_how_to_go_on(tmp_path: Path, caplog, resume: Resume, said: str) -> None:
    write(tmp_path, rows(1))
    caplog.clear()
    with pytest.raises(KeyboardInterrupt):
        interrupted_after(tmp_path, resume, rows(2, 3))
    assert said in caplog.text


def test_an_interrupt_before_the_first_answer_says_nothing(tmp_path: Path, caplog) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted_after(tmp_path, Resume.UNFINISHED)
    assert caplog.text == ""


def test_a_folder_that_cannot_be_made(tmp_path: Path, caplog) -> None:
    (tmp_path / "file").touch()
    with opened(tmp_path / "file" / "ledgers", INPUTS) as ledger:
        assert ledger is None
    assert "an interrupted run will have to start over" in caplog.text


def test_two_processes_do_not_share_a_ledger(tmp_path: Path, caplog) -> None:
    with opened(tmp_path, INPUTS) as first, opened(tmp_path, INPUTS) as second:
        first.append(rows(1))
        assert second is None
    assert "another process is running the same evaluation" in caplog.text
    assert read(tmp_path) == [1]


def _evaluate_and_die(folder: Path, batches: int) -> None:
    class Killed(Guess):
        def logits(self, images):
            if self.batches_left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().logits(images)

    logging.disable()
    measure(Killed(fails_after=batches), Numbers(), MODEL, Sampling(batch_size=7), ledgers=folder)


@pytest.mark.parametrize("batches", [0, 1, 4, 7])
def test_killed_and_started_again(tmp_path: Path, batches: int) -> None:
    process = multiprocessing.get_context("fork").Process(target=_evaluate_and_die, args=(tmp_path / "a", batches))
    process.start()
    process.join(20)
    assert process.exitcode == -signal.SIGKILL
    engine = Guess()
    resumed = measure(engine, Numbers(), MODEL, Sampling(batch_size=7), ledgers=tmp_path / "a")
    whole = measure(Guess(), Numbers(), MODEL, Sampling(batch_size=7), ledgers=tmp_path / "b")
    assert len(engine.seen) == 50 - 7 * batches == 50 - resumed.counts.resumed
    assert resumed.digest == whole.digest
    (one,), (other,) = (tmp_path / "a").iterdir(), (tmp_path / "b").iterdir()
    assert (one.name, one.read_bytes()) == (other.name, other.read_bytes())


def test_the_inputs_tell_everything_apart(tmp_path: Path) -> None:
    renamed, relabelled, other_recipe = Numbers(), Numbers(), Numbers()
    rewritten = Numbers()
    rewritten.state = lambda: "1" * 64
    renamed.names = [*renamed.names[:-1], "other"]
    relabelled.labels = [*relabelled.labels[:-1], 3]
    other_recipe.recipe = "squashed"
    identity = Guess.identity
    asked = [
        (identity, Numbers(), MODEL, Sampling()),
        (identity, renamed, MODEL, Sampling()),
        (identity, relabelled, MODEL, Sampling()),
        (identity, rewritten, MODEL, Sampling()),
        (identity, other_recipe, MODEL, Sampling()),
        (identity, Numbers(51), MODEL, Sampling()),
        (replace(identity, precision="bfloat16"), Numbers(), MODEL, Sampling()),
        (replace(identity, device="another coin"), Numbers(), MODEL, Sampling()),
        (replace(identity, version="2"), Numbers(), MODEL, Sampling()),
        (replace(identity, options=(("compiled", "True"),)), Numbers(), MODEL, Sampling()),
        (identity, Numbers(), replace(MODEL, sha256="cd" * 32), Sampling()),
        (identity, Numbers(), replace(MODEL, spec=replace(MODEL.spec, name="net2")), Sampling()),
        (identity, Numbers(), replace(MODEL, spec=replace(MODEL.spec, num_classes=11)), Sampling()),
        (identity, Numbers(), replace(MODEL, spec=replace(MODEL.spec, family="mindcv")), Sampling()),  # its versions
        (identity, Numbers(), MODEL, Sampling(limit=20)),
        (identity, Numbers(), MODEL, Sampling(limit=20, seed=1)),
        (identity, Numbers(), MODEL, Sampling(batch_size=16)),
        (identity, Numbers(), MODEL, Sampling(early_stop=True)),
        (identity, Numbers(), MODEL, Sampling(early_stop=True, seed=1)),
    ]

    def inputs(identity, split, model, sampling):
        return digest_of(ledger_inputs(identity, split, model, sampling, sampling.order(len(split))))

    digests = {inputs(*question) for question in asked}
    assert len(digests) == len(asked)
    # What is claimed, and how far off it may be, is judged anew each time: it changes no answer.
    assert inputs(identity, Numbers(), MODEL, Sampling(tolerance=1.0)) in digests


def test_stopping_early_by_a_ledger_is_judged_by_the_claims_of_now(tmp_path: Path) -> None:
    def run(published: float):
        sampling = Sampling(batch_size=5, early_stop=True)
        return measure(
            Guess(), Numbers(), MODEL, sampling, claims=[(1, published)], ledgers=tmp_path, resume=Resume.ALL
        )

    refuted = run(99.0)
    assert refuted.counts.images < 50
    assert refuted.intervals[1][1] < 98.9
    true = run(10.0)
    assert (true.counts.images, true.counts.resumed) == (50, refuted.counts.images)
    assert true.intervals[1] == (10, 10)
    again = run(99.0)
    assert (again.digest, again.intervals) == (refuted.digest, refuted.intervals)


def test_without_a_ledger_the_answers_are_the_same(tmp_path: Path) -> None:
    kept = measure(Guess(), Numbers(), MODEL, Sampling(limit=20), ledgers=tmp_path)
    assert kept.digest == evaluate(Guess(), Numbers(), draw(50, 20, 0, shuffled=False)).digest


def test_answers_of_the_format_before_are_named_and_never_used(tmp_path: Path, caplog) -> None:
    """They do not note the device, so they may be those of another one."""
    measure(Guess(), Numbers(), MODEL, Sampling(), ledgers=tmp_path)
    (path,) = tmp_path.iterdir()
    header, *lines = path.read_text().splitlines()
    document = json.loads(header)
    del document["inputs"]["device"], document["inputs"]["options"]
    document["ledger"], document["inputs"]["hubtool"] = 1, "0.0.9"
    path.unlink()
    old = tmp_path / f"{digest_of(document['inputs'])}.jsonl"
    old.write_text("\n".join([json.dumps(document), *lines]) + "\n")
    engine = Guess()
    evaluation = measure(engine, Numbers(), MODEL, Sampling(), ledgers=tmp_path, resume=Resume.ALL)
    assert (len(engine.seen), evaluation.counts.resumed) == (50, 0)
    assert f"{old}: answers that hubtool 0.0.9 kept are not used, because it did not record the device" in caplog.text
    caplog.clear()
    measure(Guess(), Numbers(50, (1,)), replace(MODEL, sha256="cd" * 32), Sampling(), ledgers=tmp_path)
    assert "not used" not in caplog.text  # those are about another checkpoint
