"""The wheel is enough: built, installed elsewhere, away from the clone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package installed from its wheel, and nothing else of ours."""
    wheels, site = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("site")
    _run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels), str(ROOT)])
    (wheel,) = wheels.glob("*.whl")
    _run([sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", str(site), str(wheel)])
    return site


def _run(command: list[str], **environment: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_trains_tags_and_predicts_far_from_the_clone(installed: Path, toy_weights: Path) -> None:
    def command(*arguments: str) -> str:
        return _run([sys.executable, "-m", "rareearth_nlp", *arguments], PYTHONPATH=str(installed))

    where = _run(
        [sys.executable, "-c", "import rareearth_nlp; print(rareearth_nlp.__file__)"], PYTHONPATH=str(installed)
    )
    assert Path(where.strip()).is_relative_to(installed)
    assert command("--version").startswith("rareearth-nlp ")
    command("corpus", "check")
    command("train", "tfidf")
    article = installed / "rareearth_nlp" / "data" / "seeds" / "articles" / "baogang_2025_targets.txt"
    command("tag", str(article), "-o", "tags.html")
    assert "Baogang Sounds the Alarm" in Path("tags.html").read_text(encoding="utf-8")
    assert "governance" in command("predict", "The ministry issued new export licences.")
    command("init", "project")
    small = ["model.max_tokens=64", "model.epochs=1", "model.min_steps=1"]
    command("train", "project/config.yaml", f"model.weights={toy_weights}", *small)
    assert "jobs" in command("predict", "The union won.", "--json")


def test_it_carries_types_and_data(installed: Path) -> None:
    package = installed / "rareearth_nlp"
    for needed in (
        "py.typed",
        "data/configs/labels.yaml",
        "data/seeds/corpus/train.jsonl",
        "data/seeds/codebook.md",
    ):
        assert (package / needed).is_file()
    shipped = (package / "data/seeds/corpus/train.jsonl").read_bytes()
    assert shipped == (ROOT / "seeds/corpus/train.jsonl").read_bytes()
