"""What differs between two scorings."""

from __future__ import annotations

import numpy as np
import pytest

from rareearth_nlp.evaluation.parity import compare
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import same_threshold

THRESHOLDS = same_threshold(("water", "jobs"), 0.5)


def _scores(themes: list[list[float]], stances: list[list[float]]) -> Scores:
    return Scores(np.array(themes, np.float32), np.array(stances, np.float32), np.zeros(len(themes), bool))


def test_decisions_and_sentences_are_counted() -> None:
    first = _scores([[0.4, 0.9], [0.2, 0.1], [0.6, 0.1]], [[0.2, 0.3, 0.5], [0.5, 0.3, 0.2]])
    second = _scores([[0.6, 0.9], [0.2, 0.1], [0.6, 0.1]], [[0.2, 0.5, 0.3], [0.5, 0.3, 0.2]])
    found = compare(first, second, [["mine"], ["mine"], []], THRESHOLDS)
    assert found.decisions == pytest.approx(2 / 8)
    assert found.touched == pytest.approx(1 / 3)
    assert found.largest == pytest.approx(0.2)
    assert found.mean == pytest.approx((0.2 + 0.2 + 0.2) / 12)
    assert (found.sentences, compare(first, first, [["mine"], ["mine"], []], THRESHOLDS).touched) == (3, 0)
