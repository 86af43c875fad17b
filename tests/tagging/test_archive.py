"""An interrupted archive goes on where it stood."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rareearth_nlp.cli import main
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.tagging.archive import score_in_parts
from rareearth_nlp.tagging.tagger import Tagger

TEXTS = [f"Sentence {number}." for number in range(7)]
ASKED = [["mine"] * (number % 3) for number in range(7)]


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rareearth_nlp.tagging.archive.PART", 2)


class _Counts:
    """Scores a sentence by its length; stops after some calls, as if it were interrupted."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.scored: list[str] = []

    def score(
        self,
        sentences: Sequence[str],
        targets: Sequence[Sequence[str]],
        contexts: Sequence[str] | None = None,  # noqa: ARG002
        *,
        progress: bool = False,  # noqa: ARG002
    ) -> Scores:
        if not self.calls:
            raise KeyboardInterrupt
        self.calls -= 1
        self.scored += sentences
        numbers = [int(text[9]) for text in sentences]
        themes = np.array([[1 / (1 + number)] for number in numbers], np.float32)
        pairs = [
            (number, place, 0) for number, asked in zip(numbers, targets, strict=True) for place in range(len(asked))
        ]
        stances = np.array(pairs, np.float32)
        return Scores(themes, stances.reshape(-1, 3), np.zeros(len(sentences), dtype=np.bool_))


def test_nothing_is_scored_twice(tmp_path: Path) -> None:
    first, second, whole = _Counts(2), _Counts(9), _Counts(9)
    with pytest.raises(KeyboardInterrupt):
        score_in_parts(first, "a", TEXTS, ASKED, TEXTS, tmp_path / "kept")
    found = score_in_parts(second, "a", TEXTS, ASKED, TEXTS, tmp_path / "kept")
    assert first.scored + second.scored == TEXTS
    expected = whole.score(TEXTS, ASKED)
    for name in ("themes", "stances", "truncated"):
        assert (getattr(found, name) == getattr(expected, name)).all()
    other = _Counts(9)
    score_in_parts(other, "b", TEXTS, ASKED, TEXTS, tmp_path / "kept")  # another tagger's scores are not taken
    assert other.scored == TEXTS


def test_the_command_goes_on(tfidf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.txt").write_text("Water fell. Jobs rose at the mine. The union won a deal. The well ran dry.")
    words, scored = ["tag", "a.txt", "--tagger", str(tfidf_folder), "-o", "out.jsonl"], list[str]()
    score = Tagger.score

    def interrupted(tagger: Tagger, sentences: Sequence[str], *rest: Any, **more: Any) -> Scores:
        if len(scored) == 2:
            raise KeyboardInterrupt
        scored.extend(sentences)
        return score(tagger, sentences, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Tagger, "score", interrupted)
        assert main(words) == 130
    assert len(list(Path(".out.jsonl.scores").iterdir())) == 1

    def counted(tagger: Tagger, sentences: Sequence[str], *rest: Any, **more: Any) -> Scores:
        scored.extend(sentences)
        return score(tagger, sentences, *rest, **more)

    monkeypatch.setattr(Tagger, "score", counted)
    assert main(words) == 0
    assert len(scored) == len(set(scored)) == 4


def test_the_command_leaves_nothing_behind(tfidf_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.txt").write_text("Water fell. Jobs rose at the mine. The union won a deal. The well ran dry.")
    words = ["tag", "a.txt", "--tagger", str(tfidf_folder), "-o"]
    assert main([*words, "parts.jsonl"]) == 0
    assert sorted(file.name for file in Path().iterdir()) == ["a.txt", "parts.jsonl"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rareearth_nlp.tagging.archive.PART", 2048)
        assert main([*words, "whole.jsonl"]) == 0
    assert Path("parts.jsonl").read_text() == Path("whole.jsonl").read_text()
    assert "1 tagged" in capsys.readouterr().err
