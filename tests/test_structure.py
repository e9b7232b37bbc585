"""What the code promises about its own shape."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import REPOSITORY

PACKAGE = REPOSITORY / "hubtool"
MODULES = sorted(PACKAGE.rglob("*.py"))
INFERENCE = ("mindspore", "mindcv", "onnxruntime", "openvino", "torch")
ROOMS_OF_INFERENCE = ("engine", "network", "training")


def imported(tree: ast.AST) -> Iterator[str]:
    """Modules that are imported anywhere in a file, by `require` too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("require", "import_module")):
            yield from (str(word.value) for word in node.args[:1] if isinstance(word, ast.Constant))


def test_libraries_that_run_networks_are_named_in_their_rooms_only() -> None:
    named = {
        module.relative_to(PACKAGE).as_posix()
        for module in MODULES
        if any(name.partition(".")[0] in INFERENCE for name in imported(ast.parse(module.read_text("utf-8"))))
    }
    assert {Path(name).parts[0] for name in named} <= set(ROOMS_OF_INFERENCE)
    assert "engine/mindspore.py" in named or "network/mindspore.py" in named


def test_modules_are_short() -> None:
    lines = {module.relative_to(PACKAGE).as_posix(): len(module.read_text("utf-8").splitlines()) for module in MODULES}
    assert {name: count for name, count in lines.items() if count > 350} == {}
    assert statistics.median(lines.values()) < 120


def test_nothing_prints_outside_the_command_line() -> None:
    for module in MODULES:
        if module.relative_to(PACKAGE).parts[0] == "cli":
            continue
        calls = [node for node in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(node, ast.Call)]
        assert not [call.lineno for call in calls if ast.unparse(call.func) == "print"], module
