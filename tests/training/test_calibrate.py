"""Calibration and thresholds find again what was put in; folds hold whole writers out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import new_labelled
from sklearn.metrics import f1_score

from rareearth_nlp.corpus.dataset import Labelled, Origin
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.training.calibrate import choose_thresholds, fit_calibration, out_of_fold, squared_error

SIZE = 6000
RANDOM = np.random.default_rng(5)
HONEST = RANDOM.beta(0.6, 2, (SIZE, 2)).astype(np.float32).clip(0.001, 0.999)
STANCES = RANDOM.dirichlet([0.4, 0.6, 3], SIZE).astype(np.float32)


@pytest.fixture(scope="module")
def data() -> Labelled:
    stances = [RANDOM.choice(3, p=row / row.sum()) for row in STANCES.astype(float)]
    return new_labelled((RANDOM.random((SIZE, 2)) < HONEST).astype(float), stances)


@pytest.fixture(scope="module")
def distorted() -> Scores:
    """Scores that are too sure of themes, and too fond of neutral."""
    odds = np.log(HONEST / (1 - HONEST)) * 2 + 1
    stances = STANCES**0.5 * np.array([0.3, 0.3, 1], np.float32)
    truncated = np.zeros(SIZE, dtype=np.bool_)
    return Scores(1 / (1 + np.exp(-odds)), stances / stances.sum(axis=1, keepdims=True), truncated)


def test_calibration_undoes_a_distortion(data: Labelled, distorted: Scores) -> None:
    calibration = fit_calibration(data, distorted)
    for slope, offset in calibration.themes:
        assert (slope, offset) == pytest.approx((0.5, -0.5), abs=0.06)
    assert calibration.stance_slope == pytest.approx(2, abs=0.2)
    found = calibration.apply(distorted)
    assert np.abs(found.themes - HONEST).mean() < 0.02
    assert np.abs(found.stances - STANCES).mean() < 0.03
    assert squared_error(data, found) < squared_error(data, distorted)


def test_thresholds_give_the_highest_f1(data: Labelled, distorted: Scores) -> None:
    found = choose_thresholds(data, distorted, ("water", "jobs"))
    for column, cut in enumerate(found.themes.values()):
        truth, scores = data.themes[:, column] == 1, distorted.themes[:, column]
        best = f1_score(truth, scores >= cut)
        assert best >= max(f1_score(truth, scores >= other) for other in np.linspace(0.02, 0.98, 49))
    assert found.favor is not None
    assert f1_score(data.stances == 0, distorted.stances[:, 0] >= found.favor) > f1_score(
        data.stances == 0, distorted.stances.argmax(axis=1) == 0
    )


def test_a_label_that_is_nowhere_or_everywhere_stays_as_it_is() -> None:
    data = new_labelled([[0, 1]] * 8, [2] * 8)
    scores = Scores(np.full((8, 2), 0.3, np.float32), np.tile([[0.2, 0.2, 0.6]], (8, 1)), np.zeros(8, dtype=np.bool_))
    found = fit_calibration(data, scores)
    assert found.themes == ((1, 0), (1, 0))
    assert (found.stance_slope, found.stance_offsets) == (1, (0, 0, 0))
    assert choose_thresholds(data, scores, ("water", "jobs")).favor == 0.5


class _Remembers:
    """Scores a sentence 1 if it was trained on its writer, which out-of-fold scores must never show."""

    def __init__(self, train: Labelled) -> None:
        self._known = set(train.texts)

    def score(
        self,
        sentences: Sequence[str],
        targets: Sequence[Sequence[str]],
        contexts: Sequence[str] | None = None,  # noqa: ARG002
        *,
        progress: bool = False,  # noqa: ARG002
    ) -> Scores:
        themes = np.array([[text in self._known, 0.5] for text in sentences], np.float32)
        stances = np.tile(np.array([0.2, 0.3, 0.5], np.float32), (sum(map(len, targets)), 1))
        return Scores(themes, stances, np.zeros(len(sentences), dtype=np.bool_))


def test_folds_hold_whole_writers_out_and_are_kept(tmp_path: Path) -> None:
    plain = new_labelled(np.zeros((12, 2)), [0, 1, 2])
    writers = [f"w{row // 2}" for row in range(12)]
    data = replace(plain, texts=writers, origins=[Origin(f"d{row}", writer) for row, writer in enumerate(writers)])
    calls: list[str] = []

    def fit(part: Labelled, name: str) -> _Remembers:
        calls.append(name)
        return _Remembers(part)

    first = out_of_fold(data, 3, 0, fit, tmp_path)
    assert first is not None
    assert (first.themes == [0, 0.5]).all()
    assert first.stances.shape == (3, 3)
    assert calls == ["fold 1 of 3", "fold 2 of 3", "fold 3 of 3"]
    again = out_of_fold(data, 3, 0, fit, tmp_path)
    assert again is not None
    assert (again.themes == first.themes).all()
    assert len(calls) == 3  # nothing is trained twice


def test_too_few_writers_for_the_folds() -> None:
    data = new_labelled(np.zeros((4, 1)))
    assert out_of_fold(data, 2, 0, lambda part, _: _Remembers(part)) is None


def test_writers_without_annotations_make_no_fold() -> None:
    data = replace(new_labelled([[1], [np.nan]]), origins=[Origin("a", "a"), Origin("b", "b")])
    assert out_of_fold(data, 2, 0, lambda part, _: _Remembers(part)) is None
    writers = ["a", "b", *"cdefgh"]  # two have labels: a seed that puts both into one fold leaves nothing to learn
    labels = [[1, 0], [0, 1], *[[np.nan, np.nan]] * 6]
    data = replace(new_labelled(labels), origins=[Origin(name, name) for name in writers])
    found = [out_of_fold(data, 2, seed, lambda part, _: _Remembers(part)) for seed in range(8)]
    assert None in found
    assert any(found)
