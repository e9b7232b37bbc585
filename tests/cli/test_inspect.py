from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.checkpoint.proto import entry, text
from tests.checkpoint.test_safetensors import container, described
from tests.conftest import DIGITS_CHECKPOINT, Hubtool, HubtoolProcess, flip_byte

NAN_AND_ONE = b"\x00\x00\xc0\x7f\x00\x00\x80\x3f"


@pytest.fixture
def small(hubtool: Hubtool) -> Path:
    path = hubtool.folder / "small.ckpt"
    path.write_bytes(
        entry("w", [2], "Float32", NAN_AND_ONE)
        + entry("step", [], "Int64", b"\x07" + bytes(7))
        + entry("note", [0], "str", text("hi"))
    )
    return path


def test_a_line_a_tensor(hubtool: Hubtool, small: Path) -> None:
    result = hubtool("inspect", "small.ckpt")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        f"small.ckpt  MindSpore checkpoint, {small.stat().st_size} bytes",
        "",
        "name  shape  dtype    count  min  max  mean  std",
        "w     (2,)   float32      2    1    1     1    0  1 NaN",
        "step  ()     int64        1    7    7     7    0",
        "",
        "note: hi",
        "2 tensors, 3 values: 1 float32, 1 int64",
        "note: 1 tensor of training state: step",
        "not finite: 1 NaN",
    ]


def test_json_is_one_document(hubtool: Hubtool, small: Path) -> None:
    result = hubtool("inspect", small, "--json")
    assert json.loads(result.out) == {
        "path": str(small),
        "format": "ckpt",
        "size": small.stat().st_size,
        "crc_checked": None,
        "tensors": [
            {
                "name": "w",
                "dtype": "float32",
                "shape": [2],
                "count": 2,
                "bytes": 8,
                "statistics": {"min": 1.0, "max": 1.0, "mean": 1.0, "std": 0.0, "nan": 1, "inf": 0},
            },
            {
                "name": "step",
                "dtype": "int64",
                "shape": [],
                "count": 1,
                "bytes": 8,
                "statistics": {"min": 7, "max": 7, "mean": 7.0, "std": 0.0, "nan": 0, "inf": 0},
            },
        ],
        "texts": {"note": "hi"},
        "metadata": {},
        "notes": ["1 tensor of training state: step"],
        "networks": [],
        "total": {"tensors": 2, "count": 3, "bytes": 16, "dtypes": {"float32": 1, "int64": 1}},
    }


def test_only_the_list(hubtool: Hubtool, small: Path) -> None:
    lines = hubtool("inspect", small, "--no-statistics").out.splitlines()
    assert lines[2:5] == ["name  shape  dtype    count", "w     (2,)   float32      2", "step  ()     int64        1"]
    assert json.loads(hubtool("inspect", small, "--no-statistics", "--json").out)["tensors"][0]["statistics"] is None


def test_a_safetensors_file(hubtool: Hubtool) -> None:
    header = f'{{"__metadata__":{{"format":"pt"}},"a":{described("BF16", [2, 2], 0, 8)}}}'
    (hubtool.folder / "a.safetensors").write_bytes(container(header, b"\x80\x3f" * 4))
    result = hubtool("inspect", "a.safetensors")
    assert "a     (2, 2)  bfloat16      4    1    1     1    0" in result.out
    assert "\nformat: pt\n" in result.out


def test_types_that_cannot_be_read(hubtool: Hubtool) -> None:
    header = f'{{"s":{described("F8_E8M0", [4], 0, 4)},"q":{described("F4", [2, 8], 4, 12)}}}'
    (hubtool.folder / "a.safetensors").write_bytes(container(header, bytes(12)))
    lines = hubtool("inspect", "a.safetensors").out.splitlines()
    assert lines[3:5] == ["s     (4,)    F8_E8M0      4", "q     (2, 8)  F4          16"]
    assert lines[-1] == "2 tensors, 20 values: 1 F8_E8M0, 1 F4"
    tensors = json.loads(hubtool("inspect", "a.safetensors", "--json").out)["tensors"]
    assert [(tensor["dtype"], tensor["bytes"], tensor["statistics"]) for tensor in tensors] == [
        ("F8_E8M0", 4, None),
        ("F4", 8, None),
    ]


@pytest.mark.parametrize("name", ["bit_digits", "hubtool/1.0/bit_digits"])
def test_a_name_is_the_file_of_its_card(hubtool: Hubtool, name: str) -> None:
    document = json.loads(hubtool("inspect", name, "--json").out)
    assert document["total"] == {"tensors": 35, "count": 498_922, "bytes": 1_995_688, "dtypes": {"float32": 35}}
    assert Path(document["path"]).name == DIGITS_CHECKPOINT.name


def test_the_network_of_a_file(hubtool: Hubtool) -> None:
    document = json.loads(hubtool("inspect", "bit_digits", "--no-statistics", "--json").out)
    assert document["networks"] == [{"name": "bit_digits", "num_classes": 10}]
    lines = hubtool("inspect", "bit_digits", "--no-statistics").out.splitlines()
    assert lines[-1] == "note: the names and shapes are those of bit_digits (10 outputs)"


def test_a_folder_of_a_cards_name_is_not_in_its_way(hubtool: Hubtool, cards: Path) -> None:
    (hubtool.folder / "bit_digits").mkdir()
    assert hubtool("inspect", "bit_digits").code == 0
    assert hubtool("inspect", cards / "bit_digits.md").code == 0


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ("none.ckpt", 3, "none.ckpt: no such file"),
        ("none", 3, "no card is called none"),
        (".", 3, ".: a folder"),
        ("fifo", 3, "fifo: not a regular file"),
        ("/dev/null", 3, "/dev/null: not a regular file"),
        ("loop.ckpt", 6, "loop.ckpt: Too many levels of symbolic links"),
        ("bit_resnet50", 3, "hint: hubtool pull bit_resnet50\n"),
        ("bit_resnet101", 3, "hint: hubtool pull bit_resnet101\n"),
        ("x" * 5000, 3, "no card is called xxx"),
    ],
)
def test_what_cannot_be_opened(hubtool: Hubtool, given: str, code: int, said: str) -> None:
    os.mkfifo(hubtool.folder / "fifo")
    (hubtool.folder / "loop.ckpt").symlink_to("loop.ckpt")
    result = hubtool("inspect", given)
    assert (result.code, result.out) == (code, "")
    assert said in result.err


def test_a_file_that_may_not_be_read(hubtool: Hubtool, small: Path) -> None:
    small.chmod(0)
    if os.access(small, os.R_OK):
        pytest.skip("the superuser may read everything")
    result = hubtool("inspect", small)
    assert result.code == 6
    assert "Permission denied" in result.err


def test_damage_exits_5_and_names_the_byte(hubtool: Hubtool, small: Path) -> None:
    flip_byte(small, 0)
    result = hubtool("inspect", small)
    assert (result.code, result.out) == (5, "")
    assert f"{small}: byte 0: " in result.err


def test_control_characters_do_not_reach_a_terminal(hubtool: Hubtool) -> None:
    names = ("\x1b[2J", "\x9b2J", "\u202e")
    path = hubtool.folder / "evil.ckpt"
    path.write_bytes(
        b"".join(entry(name, [], "Int8", b"1") for name in names) + entry("t", [0], "str", text("\x1b[0m"))
    )
    plain = hubtool("inspect", path).out
    as_json = hubtool("inspect", path, "--json").out
    path.write_bytes(entry("\x1b[2J", [3], "Int8", b"1"))
    message = hubtool("inspect", path).err
    for output in (plain, as_json, message):
        assert output.replace("\n", "").isprintable()
    assert plain.count(r"\x1b") == 2
    assert [tensor["name"] for tensor in json.loads(as_json)["tensors"]] == list(names)


def test_without_numpy(hubtool_process: HubtoolProcess, small: Path) -> None:
    hidden = hubtool_process.folder / "hidden"
    hidden.mkdir()
    # Python runs this file of the first folder on its path at start: from then on, there is no numpy.
    (hidden / "sitecustomize.py").write_text(
        "import sys\n"
        "class NoNumpy:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'numpy':\n"
        "            raise ModuleNotFoundError(name='numpy')\n"
        "sys.meta_path.insert(0, NoNumpy())\n"
    )
    hubtool_process.environment["PYTHONPATH"] = os.pathsep.join([str(hidden), os.environ.get("PYTHONPATH", "")])
    result = hubtool_process("inspect", small)
    assert (result.code, "w     (2,)   float32" in result.out) == (0, True)
    assert result.err == (
        "no statistics: numpy is needed to compute statistics and is not installed: pip install 'hubtool[eval]'\n"
    )
    assert hubtool_process("inspect", small, "--quiet").err == ""
    result = hubtool_process("inspect", small, "--statistics")
    assert (result.code, result.out) == (6, "")
    assert "numpy is needed to compute statistics" in result.err
