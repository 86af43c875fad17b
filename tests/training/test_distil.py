"""Distillation: teachers are asked as a tagger would be, and their mean is learnt from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rareearth_nlp.commands.options import read_config
from rareearth_nlp.config import DistillationConfig
from rareearth_nlp.errors import ConfigError, ModelError
from rareearth_nlp.labels import LabelSchema, load_labels
from rareearth_nlp.resources import shipped
from rareearth_nlp.tagging.tagger import Tagger
from rareearth_nlp.training.distil import teach
from rareearth_nlp.training.ingredients import gather
from rareearth_nlp.training.train import train

STARTER = shipped("seeds", "starter")
TEXT = STARTER / "corpus.jsonl"


def test_the_teachers_mean_is_taught(encoder_folder: Path, tfidf_folder: Path, schema: LabelSchema) -> None:
    taught = teach(DistillationConfig(teachers=(encoder_folder, tfidf_folder), documents=TEXT), schema)
    assert taught is not None
    assert len(taught.sentences.texts) == 32
    assert all(asked[0] == "the Salar Blanco lithium mine" for asked in taught.sentences.asked)
    scores = [
        Tagger.load(folder).score(taught.sentences.texts, taught.sentences.asked, taught.sentences.contexts)
        for folder in (encoder_folder, tfidf_folder)
    ]
    np.testing.assert_allclose(taught.scores.themes, (scores[0].themes + scores[1].themes) / 2, atol=1e-5)
    np.testing.assert_allclose(taught.scores.stances, (scores[0].stances + scores[1].stances) / 2, atol=1e-5)
    assert teach(DistillationConfig(), schema) is None


def test_a_training_with_teachers_learns_more_sentences(toy_settings: list[str], tfidf_folder: Path) -> None:
    overrides = [str(STARTER / "config.yaml"), *toy_settings, f"distillation.documents={TEXT}"]
    plain = train(gather(read_config(overrides))).tagger
    taught = train(gather(read_config([*overrides, f"distillation.teachers=[{tfidf_folder}]"]))).tagger
    text, asked = ["The union won."], [["mine"]]
    assert not np.allclose(plain.score(text, asked).themes, taught.score(text, asked).themes, atol=1e-4)
    assert taught.config.distillation.teachers == (tfidf_folder,)


def test_teachers_that_cannot_teach(tfidf_folder: Path, schema: LabelSchema, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such tagger directory"):
        teach(DistillationConfig(teachers=(tmp_path / "none",), documents=TEXT), schema)
    other = load_labels(shipped("configs", "labels.yaml"))
    with pytest.raises(ConfigError, match="tags water, jobs; name others"):
        teach(DistillationConfig(teachers=(tfidf_folder,), documents=shipped("seeds", "unlabelled")), other)
