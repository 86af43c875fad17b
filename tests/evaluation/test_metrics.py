"""Metrics against scikit-learn and against counts done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import new_labelled
from sklearn.metrics import average_precision_score, f1_score

from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.evaluation.metrics import stance_metrics, theme_metrics
from rareearth_nlp.models.decisions import Thresholds

NAMES = ("water", "jobs")
CUTS = Thresholds(themes={"water": 0.5, "jobs": 0.3})


def _data(size: int = 60) -> tuple[Labelled, np.ndarray]:
    rng = np.random.default_rng(1)
    themes = rng.integers(0, 2, (size, 2)).astype(np.float32)
    themes[:5] = np.nan
    data = new_labelled(themes, rng.integers(0, 3, size), [f"doc {row // 6}" for row in range(size)])
    return data, rng.random((size, 2)).astype(np.float32)


def test_themes_agree_with_scikit_learn() -> None:
    data, scores = _data()
    found = theme_metrics(data, scores, NAMES, CUTS)
    truth, tagged = data.themes[5:] == 1, scores[5:] >= np.array([0.5, 0.3])
    assert found.count == 55
    assert found.macro_f1 == pytest.approx(f1_score(truth, tagged, average="macro"))
    assert found.micro_f1 == pytest.approx(f1_score(truth, tagged, average="micro"))
    for column, name in enumerate(NAMES):
        label = found.labels[name]
        assert label.f1 == pytest.approx(f1_score(truth[:, column], tagged[:, column]))
        assert label.average_precision == pytest.approx(average_precision_score(truth[:, column], scores[5:, column]))
        assert label.always_f1 == pytest.approx(f1_score(truth[:, column], np.ones(55)))
        assert label.interval[0] < label.f1 < label.interval[1]
        assert label.support == truth[:, column].sum()


def test_stance_agrees_with_scikit_learn() -> None:
    data, _ = _data()
    scores = np.random.default_rng(2).dirichlet([1, 1, 1], 60).astype(np.float32)
    found = stance_metrics(data, scores, CUTS)
    assert found.macro_f1 == pytest.approx(f1_score(data.stances, scores.argmax(1), average="macro"))
    assert found.labels["against"].f1 == pytest.approx(f1_score(data.stances == 1, scores.argmax(1) == 1))


def test_intervals_resample_documents() -> None:
    """Sixty right answers in ten documents leave room for doubt only if a document can be drawn without them."""
    data, _ = _data()
    perfect = np.nan_to_num(data.themes)
    spread = theme_metrics(data, perfect, NAMES, CUTS)
    assert spread.labels["water"].interval == (1.0, 1.0)
    half = perfect.copy()
    half[30:] = 1 - half[30:]  # five documents all right, five all wrong
    low, high = theme_metrics(data, half, NAMES, CUTS).labels["water"].interval
    alone = new_labelled(data.themes, data.stances, [f"doc {row}" for row in range(60)])
    narrow_low, narrow_high = theme_metrics(alone, half, NAMES, CUTS).labels["water"].interval
    assert high - low > 1.5 * (narrow_high - narrow_low)


def test_a_label_without_positives_is_left_out_of_the_mean() -> None:
    data, scores = _data()
    data.themes[:, 1] = 0
    found = theme_metrics(data, scores, NAMES, CUTS)
    assert found.macro_f1 == found.labels["water"].f1
    assert found.labels["jobs"].average_precision is None


def test_nothing_annotated() -> None:
    data, scores = _data()
    data.themes[:] = np.nan
    found = theme_metrics(data, scores, NAMES, CUTS)
    assert (found.count, found.macro_f1, found.macro_interval) == (0, 0.0, (0.0, 0.0))
