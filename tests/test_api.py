from __future__ import annotations

import doctest
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import hubtool
from hubtool.errors import (
    CardError,
    CheckpointMismatch,
    DigestMismatch,
    HubtoolError,
    IntegrityError,
    NotFound,
    UsageProblem,
)
from tests.checkpoint.proto import entry
from tests.conftest import CARDS, DIGITS_CHECKPOINT, edit, flip_byte


def modules_after(code: str) -> set[str]:
    """Modules that a fresh interpreter has imported after running some code."""
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(run.stderr.splitlines()[-1]))


HEAVY = {"mindspore", "numpy", "requests", "sklearn", "rich", "jsonschema", "markdown_it"}


@pytest.mark.parametrize(
    "code",
    [
        "import hubtool",
        "import hubtool.errors, hubtool.cli.app",
        "import hubtool.cli\ntry: hubtool.cli.main(['--help'])\nexcept SystemExit: pass",
        "import hubtool.cli\ntry: hubtool.cli.main(['--version'])\nexcept SystemExit: pass",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_used(code: str) -> None:
    assert not HEAVY & modules_after(code)


@pytest.mark.parametrize("command", ["list", "show bit_resnet50", "validate", "pull bit_digits", "verify bit_resnet50"])
def test_commands_that_run_nothing_do_not_import_mindspore(command: str, tmp_path: Path) -> None:
    args = [*command.split(), "--cache", str(tmp_path)]
    assert "mindspore" not in modules_after(
        f"import hubtool.cli\ntry: hubtool.cli.main({args!r})\nexcept SystemExit: pass"
    )


def test_the_public_names() -> None:
    assert set(hubtool.__all__) <= set(dir(hubtool))
    assert hubtool.errors.NotFound is NotFound
    with pytest.raises(AttributeError):
        hubtool.no_such_name  # noqa: B018


def test_a_card_and_its_file(tmp_path: Path) -> None:
    assert hubtool.find_card("bit_resnet50x3", cards=[CARDS]).model_name == "bit_resnet50"
    path = hubtool.pull("bit_digits", cards=[CARDS], cache=tmp_path)
    assert path.read_bytes() == DIGITS_CHECKPOINT.read_bytes()
    with pytest.raises(NotFound):
        hubtool.find_card("no_such_card", cards=[CARDS])
    with pytest.raises(HubtoolError, match="not in the cache"):
        hubtool.pull("bit_resnet50x3", cards=[CARDS], cache=tmp_path, offline=True)


def test_the_examples_of_the_docstrings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HUBTOOL_CACHE", str(tmp_path))
    monkeypatch.setenv("HUBTOOL_CARDS", str(CARDS))
    import hubtool.api

    outcome = doctest.testmod(hubtool.api)
    assert outcome.attempted >= 4
    assert outcome.failed == 0


@pytest.mark.mindspore
class TestLoad:
    def test_a_network_with_its_weights(self, tmp_path: Path) -> None:
        import numpy as np
        from mindspore import Tensor, nn

        from hubtool.data.layouts.digits import Digits

        network = hubtool.load("bit_digits", cards=[CARDS], cache=tmp_path)
        assert isinstance(network, nn.Cell)
        network.set_train(False)
        test = Digits("test", 32)
        guesses = network(Tensor(test.images)).asnumpy().argmax(1)
        assert int((guesses == test.labels).sum()) == 354
        assert network(Tensor(test.images[:3])).shape == (3, 10)
        assert np.isfinite(network(Tensor(test.images[:1])).asnumpy()).all()

    @pytest.mark.parametrize("name", ["bit_resnet50", "BiT_resnet101"])
    def test_a_network_without_weights(self, name: str) -> None:
        network = hubtool.load(name, pretrained=False, cards=[CARDS])
        count = sum(parameter.size for parameter in network.get_parameters())
        assert count == {"bit_resnet50": 25_549_352, "BiT_resnet101": 44_541_480}[name]

    def test_a_card_whose_network_is_unknown(self, cards: Path) -> None:
        edit(cards / "bit_digits.md", "model-name: bit_digits", "model-name: other_net")
        with pytest.raises(UsageProblem, match="cannot build the network other_net"):
            hubtool.load("other_net", cards=[cards])

    def test_wrong_bytes_and_wrong_tensors(self, cards: Path, tmp_path: Path) -> None:
        checkpoint = cards / "assets" / DIGITS_CHECKPOINT.name
        flip_byte(checkpoint)
        with pytest.raises(DigestMismatch) as caught:
            hubtool.load("bit_digits", cards=[cards], cache=tmp_path)
        assert isinstance(caught.value, IntegrityError)
        import hashlib

        old = hashlib.sha256(DIGITS_CHECKPOINT.read_bytes()).hexdigest()
        checkpoint.write_bytes(entry("fc", [0], "Float32", bytes(4)))
        edit(cards / "bit_digits.md", old, hashlib.sha256(checkpoint.read_bytes()).hexdigest())
        with pytest.raises(CheckpointMismatch, match="35 missing"):
            hubtool.load("bit_digits", cards=[cards], cache=tmp_path)

    def test_nothing_is_printed_not_even_at_exit(self, tmp_path: Path) -> None:
        code = f"import hubtool; hubtool.load('bit_digits', cards=[{str(CARDS)!r}], cache={str(tmp_path)!r})"
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GLOG_")}
        run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert (run.stdout, run.stderr) == ("", "")


def test_every_error_has_an_exit_code_of_the_contract() -> None:
    def below(kind: type[HubtoolError]) -> set[type[HubtoolError]]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    assert {kind.exit_code for kind in below(HubtoolError)} == {1, 2, 3, 4, 5, 6}
    assert CardError("x", hint="y").hint == "y"
