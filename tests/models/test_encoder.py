"""The encoder family: context, repetition, truncation, weights that do not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rareearth_nlp.errors import ModelError
from rareearth_nlp.models.encoder import EncoderClassifier
from rareearth_nlp.models.engines import Batch, Logits
from rareearth_nlp.tagging.tagger import Tagger


@pytest.fixture
def classifier(encoder_folder: Path) -> EncoderClassifier:
    return EncoderClassifier.load(encoder_folder / "model", 2, "torch")


def test_context_is_read_only_by_a_tagger_that_learnt_it(classifier: EncoderClassifier, tmp_path: Path) -> None:
    plain, around = (classifier.score(["It stopped."], [["the mine"]], context) for context in (None, ["A strike."]))
    assert not np.allclose(plain.themes, around.themes, atol=1e-5)
    assert not np.allclose(plain.stances, around.stances, atol=1e-5)
    deaf = EncoderClassifier(classifier.engine, classifier.tokens, replace(classifier.reading, reads_context=False))
    deaf.save(tmp_path)
    again = EncoderClassifier.load(tmp_path, themes=2).score(["It stopped."], [["the mine"]], ["A strike."])
    np.testing.assert_array_equal(again.themes, plain.themes)


def test_what_comes_again_is_computed_once(classifier: EncoderClassifier, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[int] = []
    engine = classifier.engine

    def counted(batch: Batch) -> Logits:
        computed.append(len(batch["input_ids"]))
        return engine(batch)

    monkeypatch.setattr(classifier, "engine", counted)
    monkeypatch.setattr(counted, "themes", 2, raising=False)
    sentences = ["It ran.", "It fell.", "It ran.", "It ran."]
    found = classifier.score(sentences, [["the mine"], ["the mine"], ["the mine"], ["water"]])
    assert sum(computed) == 3
    np.testing.assert_array_equal(found.themes[0], found.themes[2])
    np.testing.assert_array_equal(found.stances[0], found.stances[2])
    assert not np.allclose(found.stances[2], found.stances[3])


def test_windows_do_not_show(classifier: EncoderClassifier, monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = ["It ran.", "It fell.", "It ran.", "Water.", "Jobs.", "Water."]
    asked = [["the mine"], [], ["the mine"], ["water", "jobs"], ["water"], ["jobs"]]
    whole = classifier.score(sentences, asked)
    monkeypatch.setattr("rareearth_nlp.models.encoder.WINDOW", 2)
    cut = classifier.score(sentences, asked)
    np.testing.assert_allclose(cut.themes, whole.themes, atol=1e-6)
    np.testing.assert_allclose(cut.stances, whole.stances, atol=1e-6)


def test_weights_that_do_not_fit_are_refused(encoder_folder: Path) -> None:
    with pytest.raises(ModelError, match="the weights do not fit"):
        EncoderClassifier.load(encoder_folder / "model", themes=7)


def test_100_000_characters(encoder_folder: Path) -> None:
    tagged = Tagger.load(encoder_folder).tag_sentences(["water " * 16_667, "The union won."])
    assert [sentence.truncated for sentence in tagged] == [True, False]
