"""From scores to tags: calibration, thresholds per label, promises of precision."""

from __future__ import annotations

import numpy as np
import pytest

from rareearth_nlp.errors import ModelError
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import Calibration, DecisionRule, Promise, Thresholds, decide, same_threshold

THEMES = np.array([[0.9, 0.2], [0.6, 0.4], [0.1, 0.7]], np.float32)
STANCES_OF = np.array([[0.3, 0.1, 0.6], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]], np.float32)
SCORES = Scores(THEMES, STANCES_OF, np.zeros(3, bool))
LOW = Thresholds(themes={"water": 0.5, "jobs": 0.3}, favor=0.25, against=0.3)


def test_themes_by_their_own_thresholds() -> None:
    assert LOW.tag_themes(THEMES).tolist() == [[True, False], [True, True], [False, True]]


def test_stances_by_probability_or_by_threshold() -> None:
    assert [STANCES[place] for place in same_threshold(("water",), 0.5).tag_stances(STANCES_OF)] == [
        "neutral",
        "against",
        "neutral",
    ]
    assert [STANCES[place] for place in LOW.tag_stances(STANCES_OF)] == ["favor", "against", "neutral"]
    both = np.array([0.4, 0.45, 0.15], np.float32)
    assert STANCES[LOW.tag_stances(both)] == "favor"  # 1.6 times its threshold, against 1.5 times


def test_calibration_keeps_the_order_and_the_sum() -> None:
    calibration = Calibration(themes=((0.5, -1.0), (1.0, 0.0)), stance_slope=2.0, stance_offsets=(1.0, 0.5, 0.0))
    found = calibration.apply(SCORES)
    assert found.themes[:, 1] == pytest.approx(THEMES[:, 1], abs=1e-5)
    assert found.themes[0, 0] == pytest.approx(1 / (1 + np.exp(1 - 0.5 * np.log(9))), abs=1e-5)
    assert found.themes[:, 0].argsort().tolist() == THEMES[:, 0].argsort().tolist()
    expected = STANCES_OF[0] ** 2 * np.exp([1.0, 0.5, 0.0])
    assert found.stances[0] == pytest.approx(expected / expected.sum(), abs=1e-5)
    nothing = Scores(THEMES[:, :2], STANCES_OF[:0], SCORES.truncated)
    assert calibration.apply(nothing).stances.shape == (0, 3)


def test_scores_of_zero_and_one_stay_finite() -> None:
    sure = Scores(np.array([[0, 1]], np.float32), np.array([[0, 0, 1]], np.float32), np.zeros(1, bool))
    found = Calibration(themes=((2, 0), (2, 0)), stance_slope=2, stance_offsets=(0, 0, 0)).apply(sure)
    assert np.isfinite(found.themes).all()
    assert found.stances[0] == pytest.approx([0, 0, 1], abs=1e-5)


def test_what_cannot_keep_a_promise_is_withheld() -> None:
    promise = Promise(precision=0.9, cuts={"water": 0.8, "jobs": None, "favor": None, "against": 0.4}, recall={})
    found = decide(SCORES, LOW, promise)
    assert found.themes.tolist() == [[True, False], [False, False], [False, False]]
    assert found.withheld_themes.tolist() == [[False, False], [True, True], [False, True]]
    assert found.withheld_stances.tolist() == [True, False, False]
    assert not decide(SCORES, LOW).withheld_themes.any()


def test_a_promise_is_at_least_what_was_asked() -> None:
    rule = DecisionRule(thresholds=LOW, promises=tuple(Promise(precision=p, cuts={}, recall={}) for p in (0.7, 0.9)))
    assert rule.promise(0.8).precision == 0.9
    with pytest.raises(ModelError, match=r"precision 0\.95: this tagger was examined up to 0\.9; ask for less"):
        rule.promise(0.95)
    with pytest.raises(ModelError, match="this tagger promises none; train one with"):
        DecisionRule(thresholds=LOW).promise(0.5)
    with pytest.raises(ModelError, match="expected a share between 0 and 1"):
        rule.promise(90)
