"""Both families keep the contract: shapes, probabilities, independence, save and load."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rareearth_nlp.errors import ModelError
from rareearth_nlp.labels import LabelSchema
from rareearth_nlp.models.contract import Classifier
from rareearth_nlp.models.loading import load_classifier
from rareearth_nlp.tagging.tagger import Tagger

SENTENCES = [
    "The union won a deal.",
    "",
    "A well ran dry below the mine and the herders left.",
    "The union won a deal.",
]
CONTEXTS = ["", "", "Water fell. The mine grew.", "The mine stopped."]
TARGETS = ["the Salar Blanco lithium mine", "a pipe nobody has heard of"]


@pytest.fixture
def classifier(tagger: Tagger) -> Classifier:
    return tagger.classifier


def test_shapes_and_probabilities(classifier: Classifier) -> None:
    scores = classifier.score(SENTENCES, [TARGETS] * 4)
    assert scores.themes.shape == (4, 2)
    assert scores.stances.shape == (8, 3)
    assert scores.truncated.tolist() == [False] * 4
    assert ((scores.themes >= 0) & (scores.themes <= 1)).all()
    np.testing.assert_allclose(scores.stances.sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize(("sentences", "targets"), [([], TARGETS), (SENTENCES, []), ([], [])])
def test_nothing_asked(classifier: Classifier, sentences: list[str], targets: list[str]) -> None:
    scores = classifier.score(sentences, [targets] * len(sentences))
    assert scores.themes.shape == (len(sentences), 2)
    assert scores.stances.shape == (len(sentences) * len(targets), 3)
    assert scores.truncated.shape == (len(sentences),)


def test_a_score_depends_on_neither_neighbours_nor_other_targets(classifier: Classifier) -> None:
    asked = [TARGETS, TARGETS[1:], [], [*TARGETS, "water", "jobs"]]
    together = classifier.score(SENTENCES, asked, CONTEXTS)
    stances = iter(together.stances)
    for row, (sentence, targets, context) in enumerate(zip(SENTENCES, asked, CONTEXTS, strict=True)):
        bare = classifier.score([sentence], [[]], [context])
        np.testing.assert_allclose(bare.themes[0], together.themes[row], atol=1e-5)
        for target in targets:
            alone = classifier.score([sentence], [[target]], [context])
            np.testing.assert_allclose(alone.stances[0], next(stances), atol=1e-5)
    assert next(stances, None) is None


def test_stance_depends_on_the_target(classifier: Classifier) -> None:
    scores = classifier.score(SENTENCES[:1], [TARGETS])
    assert not np.allclose(scores.stances[0], scores.stances[1], atol=1e-4)


def test_saved_and_loaded_gives_the_same_scores(classifier: Classifier, schema: LabelSchema, tmp_path: Path) -> None:
    classifier.save(tmp_path)
    again = load_classifier(classifier.family, tmp_path, schema).score(SENTENCES, [TARGETS] * 4)
    before = classifier.score(SENTENCES, [TARGETS] * 4)
    np.testing.assert_array_equal(again.themes, before.themes)
    np.testing.assert_array_equal(again.stances, before.stances)


def test_unknown_family(schema: LabelSchema, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected a model of family tfidf or encoder, got 'oracle'"):
        load_classifier("oracle", tmp_path, schema)
