from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rareearth_nlp.cli import main


@pytest.fixture
def project(starter: Path, tmp_path: Path) -> Path:
    """The starter project in a folder that may be written to."""
    return Path(shutil.copytree(starter, tmp_path / "project"))


def _types(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    typed: Iterator[str] = iter(lines)

    def answer(_: str = "") -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", answer)


def _answers(project: Path, reader: str) -> list[dict[str, object]]:
    lines = (project / "annotations" / f"{reader}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _read(project: Path, reader: str = "ann") -> int:
    return main(["corpus", "read", reader, str(project / "config.yaml"), "--split", "validation"])


def test_reading_saves_each_answer_and_goes_on_where_it_stopped(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _types(monkeypatch, "12", "-?", "", "")
    assert _read(project) == 0
    first, second = _answers(project, "ann")
    assert first["themes"] == ["water", "jobs"]
    assert first["stance"] == {"mine": "against"}
    assert first["unsure"] is True
    assert second["themes"] == []
    assert second["unsure"] is False
    _types(monkeypatch, "1", "q")
    capsys.readouterr()
    assert _read(project) == 0
    assert _answers(project, "ann") == [first, second]  # a half-answered sentence is asked again
    assert "1 of 6 " in capsys.readouterr().out


def test_a_wrong_key_is_asked_again(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _types(monkeypatch, "9", "1", "x", "0", "q")
    assert _read(project) == 0
    out = capsys.readouterr().out
    assert "expected numbers from 1 to 2, got '9'" in out
    assert "expected +, - or 0, got 'x'" in out
    (answer,) = _answers(project, "ann")
    assert answer["themes"] == ["water"]


def test_from_ten_themes_on_numbers_stand_apart(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = project / "labels.yaml"
    more = "".join(f"  - {{name: theme{number}, definition: a further one}}\n" for number in range(3, 12))
    labels.write_text(labels.read_text().replace("targets:", f"{more}targets:", 1))
    _types(monkeypatch, "2, 11", "0", "q")
    assert _read(project) == 0
    (answer,) = _answers(project, "ann")
    assert answer["themes"] == ["jobs", "theme11"]


def test_agreement_of_two_readers_and_of_one_with_the_labels(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for reader, themes in (("ann", "1"), ("bob", "2")):
        _types(monkeypatch, themes, "", "q")
        _read(project, reader)
    capsys.readouterr()
    config = str(project / "config.yaml")
    assert main(["corpus", "agreement", config, "--disagreements"]) == 0
    out = capsys.readouterr().out
    assert "1 sentences, 1 documents" in out
    assert "water: yes / no" in out
    assert main(["corpus", "agreement", config, "--reader", "ann"]) == 0
    assert "kappa" in capsys.readouterr().out
    assert main(["corpus", "agreement", config, "--reader", "cho"]) == 2
    assert "no sentence is read by 'cho'" in capsys.readouterr().err


def test_agreement_needs_two_readers(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpus", "agreement", str(project / "config.yaml")]) == 2
    assert "no sentence is read twice; read some with: rareearth-nlp corpus read" in capsys.readouterr().err


def test_stats_stand_beside_quotas(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "quotas.yaml").write_text("sentences: 30\nthemes/water: 900\n", encoding="utf-8")
    config = str(project / "config.yaml")
    assert main(["corpus", "stats", config, "--plot", "stats.png"]) == 0
    out = capsys.readouterr().out
    assert "32 / 30" in out
    assert "/ 900" in out
    assert Path("stats.png").read_bytes().startswith(b"\x89PNG")
    assert main(["corpus", "check", config]) == 0
    assert "of the 900 that quotas.yaml asks for" in capsys.readouterr().out


def test_check_lists_what_does_not_fit(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "texts").mkdir()
    (project / "texts" / "orphan.txt").write_text("A page that nobody labelled.\n", encoding="utf-8")
    assert main(["corpus", "check", str(project / "config.yaml")]) == 2
    captured = capsys.readouterr()
    assert "no sentence of the document 'orphan' is in the corpus" in captured.out
    assert "1 problem; mend them and check again" in captured.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["stats", "--plot", "stats.docx"], "ends in .png, .svg, .pdf"), (["read", "../ann"], "so no slashes")],
)
def test_bad_names_are_refused(
    arguments: list[str], told: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["corpus", *arguments, str(project / "config.yaml")]) == 2
    assert told in capsys.readouterr().err
