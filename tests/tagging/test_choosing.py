"""Which tagger is taken."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest

from rareearth_nlp.errors import ModelError
from rareearth_nlp.tagging.choosing import choose_tagger


@pytest.fixture(autouse=True)
def _heard(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("rareearth_nlp"), "propagate", True)
    caplog.set_level(logging.INFO, "rareearth_nlp")


def test_none_at_all_names_the_command() -> None:
    with pytest.raises(ModelError, match=r"make one with: rareearth-nlp train"):
        choose_tagger()


def test_asked_before_variable_before_newest(
    tfidf_folder: Path, encoder_folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(encoder_folder, "taggers/b")
    newest = "taggers/a"
    shutil.copytree(tfidf_folder, newest)
    manifest = Path(newest, "tagger.json")
    manifest.write_text(manifest.read_text().replace('"created": "20', '"created": "30'))
    assert choose_tagger().manifest.family == "tfidf"
    monkeypatch.setenv("RAREEARTH_TAGGER", "taggers/b")
    assert choose_tagger().manifest.family == "encoder"
    assert choose_tagger(str(tfidf_folder)).manifest.family == "tfidf"
    told = [record.getMessage() for record in caplog.records]
    assert [("newest" in t, "RAREEARTH_TAGGER" in t, "as asked" in t) for t in told] == [
        (True, False, False), (False, True, False), (False, False, True),
    ]  # fmt: skip


def test_an_exported_tagger_comes_before_the_one_it_was_made_from(tfidf_folder: Path) -> None:
    for name in ("a-trained", "b-exported", "c-trained"):
        shutil.copytree(tfidf_folder, Path("taggers", name))
    file = Path("taggers/b-exported/tagger.json")
    parity = {"sentences": 9, "largest": 0.0, "mean": 0.0, "decisions": 0.0, "touched": 0.0}
    file.write_text(json.dumps(json.loads(file.read_text()) | {"parity": parity}))
    assert choose_tagger().manifest.parity is not None
    assert choose_tagger(trained=True).manifest.parity is None


def test_what_cannot_be_read_is_passed_over(tfidf_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    shutil.copytree(tfidf_folder, "taggers/sound")
    for name, content in (("broken", "{"), ("newer", '{"format_version": 99}')):
        Path("taggers", name).mkdir()
        Path("taggers", name, "tagger.json").write_text(content)
    assert choose_tagger().manifest.family == "tfidf"
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [message.split(":")[0] for message in told] == [
        "passed over taggers/broken/tagger.json",
        "passed over taggers/newer/tagger.json",
    ]
