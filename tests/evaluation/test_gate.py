"""The gate: refuses what is surely worse, lets noise pass, and its floors only go up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import new_labelled
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.errors import ConfigError, DataError
from rareearth_nlp.evaluation.gate import Counts, passes, raised, read_floors, refuse_other_floors, write_floors
from rareearth_nlp.evaluation.metrics import document_counts, f1_of_counts
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import same_threshold

SIZE = 600
RANDOM = np.random.default_rng(2)
TRUTH = (RANDOM.random((SIZE, 2)) < 0.3).astype(np.float32)
STANCES = RANDOM.integers(0, 3, SIZE)
CUTS = same_threshold(("water", "jobs"), 0.5)
NOISE = RANDOM.random((SIZE, 5))


@pytest.fixture(scope="module")
def data() -> Labelled:
    return new_labelled(TRUTH, STANCES, [f"d{row // 10}" for row in range(SIZE)])


def _scores(wrong: float, noise: NDArray[np.float64] = NOISE) -> Scores:
    """Return scores that err in a share of the tags; with the same noise, a larger share errs there too."""
    themes = np.where(noise[:, :2] < wrong, 1 - TRUTH, TRUTH).astype(np.float32)
    stances = np.eye(3, dtype=np.float32)[np.where(noise[:, 2] < wrong, (STANCES + 1) % 3, STANCES)]
    return Scores(themes, stances, np.zeros(SIZE, dtype=np.bool_))


def _seeds(data: Labelled, wrong: float, name: str = "t") -> dict[str, Counts]:
    noises = {f"{name}{seed}": np.random.default_rng(seed).random((SIZE, 5)) for seed in range(3)}
    return {name: document_counts(data, _scores(wrong, noise), CUTS)[0] for name, noise in noises.items()}


def test_a_worse_tagger_is_refused_and_a_like_one_passes(data: Labelled) -> None:
    floors = raised(None, data, _seeds(data, 0.2))
    assert floors.f1.keys() == {"water", "jobs", "favor", "against"}
    fresh = np.random.default_rng(9).random((SIZE, 5))
    assert passes(floors, data, _scores(0.2, fresh), CUTS)
    assert passes(floors, data, _scores(0.1, fresh), CUTS)
    assert not passes(floors, data, _scores(0.5, fresh), CUTS)


def test_beside_the_champion_a_small_loss_shows(data: Labelled) -> None:
    """What both get wrong cancels out: the same loss passes if it is not of the champion's own mistakes."""
    champion, _ = document_counts(data, _scores(0.2), CUTS)
    floors = raised(None, data, {"t1": champion, "t2": champion})
    assert passes(floors, data, _scores(0.2), CUTS)
    assert not passes(floors, data, _scores(0.25), CUTS)
    assert passes(floors, data, _scores(0.22, np.random.default_rng(5).random((SIZE, 5))), CUTS)


def test_floors_only_go_up(data: Labelled) -> None:
    high = raised(None, data, _seeds(data, 0.1))
    assert raised(high, data, _seeds(data, 0.4, "bad")) == high
    higher = raised(high, data, _seeds(data, 0.02, "good"))
    assert all(higher.f1[label] > floor for label, floor in high.f1.items())
    assert higher.champion.startswith("good")
    other = replace(data, texts=["something else", *data.texts[1:]])
    assert raised(high, other, _seeds(data, 0.4)).f1["water"] < high.f1["water"]


def test_a_champion_below_a_floor_that_stands_is_refused(data: Labelled) -> None:
    high = raised(None, data, _seeds(data, 0.1))
    uneven = {**high.f1, "water": 0.999, "jobs": 0.1}
    with pytest.raises(DataError, match="below the floor of water, and floors only go up"):
        raised(high.model_copy(update={"f1": uneven}), data, _seeds(data, 0.1, "t"))


def test_of_two_the_lower_is_champion(data: Labelled) -> None:
    low, high = (document_counts(data, _scores(wrong), CUTS)[0] for wrong in (0.3, 0.1))
    assert raised(None, data, {"high": high, "low": low}).champion == "low"


def test_more_training_text_changes_no_floor_and_another_test_split_is_refused(data: Labelled) -> None:
    floors = raised(None, data, _seeds(data, 0.1))
    familiar = replace(data, origins=[replace(origin, familiar=True) for origin in data.origins], seen=[True] * SIZE)
    assert passes(floors, familiar, _scores(0.1), CUTS)
    with pytest.raises(DataError, match="the tagger's corpus has another"):
        refuse_other_floors(floors, replace(data, stances=(data.stances + 1) % 3), CUTS)


def test_labels_that_test_lacks_have_no_floor() -> None:
    data = new_labelled(np.column_stack([TRUTH[:, 0], np.zeros(SIZE)]), (), [f"d{row // 10}" for row in range(SIZE)])
    scores = Scores(_scores(0.2).themes, np.zeros((0, 3), np.float32), np.zeros(SIZE, dtype=np.bool_))
    counts, _ = document_counts(data, scores, CUTS)
    floors = raised(None, data, {"t1": counts, "t2": counts})
    assert floors.f1.keys() == {"water"}
    assert passes(floors, data, scores, CUTS)


def test_counts_are_those_of_the_tags(data: Labelled) -> None:
    counts, writers = document_counts(data, _scores(0.3), CUTS)
    tagged = np.where(NOISE[:, :2] < 0.3, 1 - TRUTH, TRUTH)
    stances = np.where(NOISE[:, 2] < 0.3, (STANCES + 1) % 3, STANCES)
    assert len(writers) == 60
    assert f1_of_counts(counts["jobs"].sum(axis=0)) == pytest.approx(f1_score(TRUTH[:, 1], tagged[:, 1]))
    assert f1_of_counts(counts["against"].sum(axis=0)) == pytest.approx(f1_score(STANCES == 1, stances == 1))


def test_floors_survive_the_file(tmp_path: Path, data: Labelled) -> None:
    floors = raised(None, data, _seeds(data, 0.1))
    write_floors(floors, tmp_path / "floors.yaml")
    assert read_floors(tmp_path / "floors.yaml") == floors
    few = floors.model_copy(update={"counts": {"water": floors.counts["water"]}})
    with pytest.raises(DataError, match="the floors are of water, the tagger tags water, jobs, favor, against"):
        refuse_other_floors(few, data, CUTS)
    refuse_other_floors(floors, data, CUTS)
    (tmp_path / "floors.yaml").write_text("f1: {water: high}\n")
    with pytest.raises(ConfigError, match=r"floors\.yaml"):
        read_floors(tmp_path / "floors.yaml")
    with pytest.raises(ConfigError, match="no floors yet; set them with: rareearth-nlp gate raise"):
        read_floors(tmp_path / "none.yaml")
