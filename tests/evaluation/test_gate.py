"""The gate: refuses what is surely worse, lets noise pass, and its floors only go up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import new_labelled
from numpy.typing import NDArray

from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.errors import ConfigError, DataError
from rareearth_nlp.evaluation.gate import Floors, Reading, passes, raised, read_floors, write_floors
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import same_threshold

SIZE = 600
RANDOM = np.random.default_rng(2)
TRUTH = (RANDOM.random((SIZE, 2)) < 0.3).astype(np.float32)
STANCES = RANDOM.integers(0, 3, SIZE)
NOISE = RANDOM.random((SIZE, 5))


@pytest.fixture(scope="module")
def data() -> Labelled:
    return new_labelled(TRUTH, STANCES, [f"d{row // 10}" for row in range(SIZE)])


def _reading(data: Labelled, wrong: float, noise: NDArray[np.float64] = NOISE) -> Reading:
    """Return a reading that errs in a share of the tags; with the same noise, a larger share errs there too."""
    themes = np.where(noise[:, :2] < wrong, 1 - TRUTH, TRUTH).astype(np.float32)
    stances = np.eye(3, dtype=np.float32)[np.where(noise[:, 2] < wrong, (STANCES + 1) % 3, STANCES)]
    return Reading(
        data, Scores(themes, stances, np.zeros(SIZE, dtype=np.bool_)), same_threshold(("water", "jobs"), 0.5)
    )


def test_a_worse_tagger_is_refused_and_a_like_one_passes(data: Labelled) -> None:
    seeds = {f"t{seed}": _reading(data, 0.2, np.random.default_rng(seed).random((SIZE, 5))) for seed in range(3)}
    floors = raised(None, "abc", seeds)
    assert floors.f1.keys() == {"water", "jobs", "favor", "against"}
    fresh = np.random.default_rng(9).random((SIZE, 5))
    assert passes(floors, _reading(data, 0.2, fresh))
    assert passes(floors, _reading(data, 0.1, fresh))
    assert not passes(floors, _reading(data, 0.5, fresh))


def test_beside_the_champion_a_small_loss_shows(data: Labelled) -> None:
    """What both get wrong cancels out, so that the paired interval is the narrower one."""
    champion = _reading(data, 0.2)
    floors = Floors(corpus_digest="abc", champion="t", f1={name: value - 0.01 for name, value in champion.f1().items()})
    worse = _reading(data, 0.25)
    assert passes(floors, worse)
    assert not passes(floors, worse, champion)
    assert passes(floors, champion, champion)


def test_floors_only_go_up(data: Labelled) -> None:
    good = {f"t{seed}": _reading(data, 0.1, np.random.default_rng(seed).random((SIZE, 5))) for seed in range(3)}
    bad = {f"b{seed}": _reading(data, 0.4, np.random.default_rng(seed).random((SIZE, 5))) for seed in range(3)}
    high = raised(None, "abc", good)
    assert raised(high, "abc", bad).f1 == high.f1
    assert raised(high, "another corpus", bad).f1["water"] < high.f1["water"]
    with pytest.raises(DataError, match="two random seeds or more, got 1"):
        raised(None, "abc", {"t0": good["t0"]})


def test_f1_is_that_of_the_tags(data: Labelled) -> None:
    from sklearn.metrics import f1_score

    found = _reading(data, 0.3).f1()
    tagged = np.where(NOISE[:, :2] < 0.3, 1 - TRUTH, TRUTH)
    stances = np.where(NOISE[:, 2] < 0.3, (STANCES + 1) % 3, STANCES)
    assert found["jobs"] == pytest.approx(f1_score(TRUTH[:, 1], tagged[:, 1]))
    assert found["against"] == pytest.approx(f1_score(STANCES == 1, stances == 1))


def test_floors_survive_the_file(tmp_path: Path, data: Labelled) -> None:
    floors = Floors(corpus_digest="abc", champion="t", f1={"water": 0.5})
    write_floors(floors, tmp_path / "floors.yaml")
    assert read_floors(tmp_path / "floors.yaml") == floors
    with pytest.raises(DataError, match="the floors are of water, the tagger tags water, jobs, favor, against"):
        passes(floors, _reading(data, 0.1))
    (tmp_path / "floors.yaml").write_text("f1: {water: high}\n")
    with pytest.raises(ConfigError, match=r"floors\.yaml"):
        read_floors(tmp_path / "floors.yaml")
