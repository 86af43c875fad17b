from __future__ import annotations

import numpy as np
import pytest

from rareearth_nlp.evaluation.reliability import LOWEST, bins, calibration_error

RANDOM = np.random.default_rng(0)
SCORES = RANDOM.random(4000).astype(np.float32) ** 2


def test_scores_that_mean_what_they_say_err_as_chance_does() -> None:
    found = calibration_error(RANDOM.random(4000) < SCORES, SCORES)
    assert found.error is not None
    assert found.perfect is not None
    assert found.error == pytest.approx(found.perfect, abs=0.012)
    assert found.count == (SCORES >= LOWEST).sum()


def test_scores_twice_too_high_are_told_apart() -> None:
    found = calibration_error(RANDOM.random(4000) < SCORES / 2, SCORES)
    expected = SCORES[SCORES >= LOWEST].mean() / 2
    assert found.error == pytest.approx(expected, abs=0.03)
    assert found.error is not None
    assert found.perfect is not None
    assert found.error > 5 * found.perfect


def test_a_small_sample_strays_by_chance() -> None:
    few, many = (calibration_error(np.zeros(size, bool), SCORES[:size]).perfect for size in (60, 4000))
    assert few is not None
    assert many is not None
    assert few > 3 * many


def test_low_scores_are_left_out() -> None:
    assert calibration_error(np.ones(50, bool), np.full(50, 0.05, np.float32)) == calibration_error(
        np.zeros(0, bool), SCORES[:0]
    )
    parts = bins(np.array([0.5, 0.05, 0.2, 0.9], np.float32))
    assert [part.tolist() for part in parts] == [[2], [0], [3]]
