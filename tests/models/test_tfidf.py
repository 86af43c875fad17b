"""The baseline: labels it never saw, and files it did not write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import new_labelled

from rareearth_nlp.config import TfidfConfig
from rareearth_nlp.errors import ConfigError, ModelError
from rareearth_nlp.models.tfidf import STANCE_FILE, TfidfClassifier, crossed, fit_tfidf


def test_a_label_without_examples_is_never_likely(tmp_path: Path) -> None:
    data = new_labelled([[1, 0], [0, 0], [1, 0], [np.nan, np.nan]], [2, 2, 1])
    classifier = fit_tfidf(data, TfidfConfig(family="tfidf", min_documents=1), random_seed=0)
    classifier.save(tmp_path)
    scores = TfidfClassifier.load(tmp_path, themes=2).score(data.texts, [["the mine"]] * len(data.texts))
    assert (scores.themes[:, 1] == 0).all()
    assert (scores.stances[:, 0] < 0.5).all()


@pytest.mark.parametrize(
    ("themes", "stances"),
    [([[1.0, 0.0], [0.0, 1.0]], []), ([[np.nan, np.nan]] * 3, [0, 1, 2]), ([[1.0], [0.0], [1.0]], [0, 1, 2])],
    ids=["no stance", "no themes", "one theme"],
)
def test_a_corpus_may_lack_a_task(themes: list[list[float]], stances: list[int], tmp_path: Path) -> None:
    data, width = new_labelled(themes, stances), len(themes[0])
    fit_tfidf(data, TfidfConfig(family="tfidf", min_documents=1), random_seed=0).save(tmp_path)
    scores = TfidfClassifier.load(tmp_path, themes=width).score(data.texts, [["the mine"]] * len(data.texts))
    assert scores.themes.shape == (len(themes), width)
    assert scores.stances.sum(axis=-1) == pytest.approx(np.ones(len(themes)), abs=1e-5)
    if not stances:
        assert (scores.stances.argmax(axis=-1) == 2).all()


def test_more_texts_asked_of_a_word_than_there_are() -> None:
    settings = TfidfConfig(family="tfidf", min_documents=50)
    with pytest.raises(ConfigError, match=r"model\.min_documents=50: no word is in so many of 30 texts"):
        fit_tfidf(new_labelled([[1, 0], [0, 1]] * 15), settings, 0)
    data = new_labelled([[1, 0], [0, 1]] * 15)
    apart = replace(data, texts=[f"word{number}" for number in range(30)])
    with pytest.raises(ConfigError, match=r"model\.min_documents=2: no word is in so many of 30 texts"):
        fit_tfidf(apart, TfidfConfig(family="tfidf"), 0)


def test_one_pair_is_enough_to_learn_from() -> None:
    train = new_labelled([[1, 0], [0, 1]], [0])
    found = fit_tfidf(train, TfidfConfig(family="tfidf"), 0).score(["Rain fell."], [["mine"]])
    assert found.stances.shape == (1, 3)


def test_the_target_is_tied_to_the_words() -> None:
    assert crossed("Rain fell", "The Mine").split() == [
        "rain", "fell", "the_mine|rain", "the_mine|fell", "the_mine|", "unnamed|",
    ]  # fmt: skip
    assert crossed("The mine leaks", "the mine").split()[-1] == "named|"


def test_a_file_of_unexpected_types_is_not_loaded(tfidf_folder: Path, tmp_path: Path) -> None:
    import shutil

    import skops.io

    shutil.copytree(tfidf_folder / "model", tmp_path / "model")
    skops.io.dump({"run": print}, tmp_path / "model" / STANCE_FILE)
    with pytest.raises(ModelError, match="unexpected type"):
        TfidfClassifier.load(tmp_path / "model", themes=2)
