"""Imports point one way, and light stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "rareearth_nlp"

FLOORS = [
    {"errors", "resources"},
    {"validation"},
    {"documents", "labels", "settings"},
    {"config"},
    {"reading", "corpus"},
    {"models"},
    {"tracking"},
    {"tagging", "evaluation"},
    {"training"},
    {"serving"},
    {"commands"},
    {"cli"},
]
"""From the ground up: a room imports from its own floor and from below."""

ONLY_IN = {
    "mlflow": {"tracking"},
    "fastapi": {"serving"},
    "torch": {"models", "training"},
    "transformers": {"models", "training"},
    "openvino": {"models"},
    "onnxruntime": {"models"},
    "nncf": {"models"},
}


def _room(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(file: Path) -> Iterator[str]:
    """Yield every imported module, inside functions too, but not what is for type checkers only."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


FILES = [file for file in sorted(PACKAGE.rglob("*.py")) if file.name not in ("__main__.py",) and file.parent != PACKAGE]
FILES += [file for file in sorted(PACKAGE.glob("*.py")) if not file.name.startswith("__")]


def test_every_room_has_a_floor() -> None:
    assert {_room(file) for file in FILES} == set.union(*FLOORS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_nothing_imports_upward(file: Path) -> None:
    floor_of = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    for module in _imports(file):
        if module.startswith("rareearth_nlp."):
            room = module.split(".")[1]
            assert floor_of[room] <= floor_of[_room(file)], f"{file.name} imports upward: {module}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_heavy_libraries_keep_to_their_rooms(file: Path) -> None:
    for module in _imports(file):
        rooms = ONLY_IN.get(module.split(".")[0])
        assert rooms is None or _room(file) in rooms, f"{file.name} imports {module}"


@pytest.mark.parametrize(
    "statement",
    [
        "import rareearth_nlp",
        "import rareearth_nlp.cli",
        "import rareearth_nlp.reading",
        "import rareearth_nlp.commands.tagging, rareearth_nlp.commands.show",
    ],
)
def test_light_imports_stay_light(statement: str) -> None:
    heavy = "{'torch', 'transformers', 'mlflow', 'fastapi', 'sklearn', 'pandas', 'datasets', 'matplotlib', 'jinja2'}"
    code = f"import sys; {statement}; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_help_needs_no_library() -> None:
    code = """
import sys
from rareearth_nlp.cli import main
try:
    main(["--help"])
except SystemExit:
    print("third-party:", *sorted({"pydantic", "yaml", "rich", "numpy"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: rareearth-nlp")
    assert done.stdout.splitlines()[-1].split() == ["third-party:"]


def test_the_face_gives_every_name() -> None:
    import rareearth_nlp

    for name in rareearth_nlp.__all__:
        assert getattr(rareearth_nlp, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Taggr'"):
        rareearth_nlp.Taggr  # noqa: B018
