"""How good scores are: per label, with intervals over documents, beside what needs no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.corpus.resampling import interval, resample, sum_by_group
from rareearth_nlp.labels import STANCES


@dataclass(frozen=True)
class LabelMetrics:
    """How well one label is found.

    Attributes:
        support: Positive examples.
        precision: Share of the given tags that are right.
        recall: Share of the positive examples that are tagged.
        f1: Their harmonic mean.
        interval: 95% bootstrap interval of F1; whole documents are resampled, 1,000 times.
        average_precision: Area under the precision-recall curve, whatever the threshold; None without positives.
        always_f1: F1 of tagging every sentence, which needs no model.
    """

    support: int
    precision: float
    recall: float
    f1: float
    interval: tuple[float, float]
    average_precision: float | None
    always_f1: float


@dataclass(frozen=True)
class TaskMetrics:
    """How well the labels of one task (themes or stance) are found.

    Attributes:
        labels: Metrics of each label.
        macro_f1: Mean F1 of the labels that have positive examples.
        macro_interval: 95% bootstrap interval of it.
        micro_f1: F1 over all (example, label) decisions.
        count: Annotated examples: sentences for themes, pairs of sentence and target for stance.
    """

    labels: Mapping[str, LabelMetrics]
    macro_f1: float
    macro_interval: tuple[float, float]
    micro_f1: float
    count: int

    def to_dict(self) -> dict[str, Any]:
        """Return the metrics as nested dictionaries."""
        return asdict(self)


def theme_metrics(
    data: Labelled, scores: NDArray[np.float32], names: Sequence[str], thresholds: Mapping[str, float]
) -> TaskMetrics:
    """Return the metrics of theme scores `[sentences, themes]`; sentences without annotated themes are left out."""
    known = data.themed
    truth = data.themes[known] == 1
    cuts = np.array([thresholds[name] for name in names])
    documents = [document for document, use in zip(data.documents, known, strict=True) if use]
    return _metrics(truth, scores[known] >= cuts, scores[known], documents, names)


def stance_metrics(data: Labelled, scores: NDArray[np.float32]) -> TaskMetrics:
    """Return the metrics of stance scores `[pairs, 3]`, pooled over targets."""
    truth = np.eye(len(STANCES), dtype=bool)[data.stances]
    found = np.eye(len(STANCES), dtype=bool)[scores.argmax(axis=1)] if len(scores) else truth
    return _metrics(truth, found, scores, [data.documents[row] for row in data.rows], STANCES)


def _metrics(
    truth: NDArray[np.bool_],
    found: NDArray[np.bool_],
    scores: NDArray[np.float32],
    documents: Sequence[str],
    names: Sequence[str],
) -> TaskMetrics:
    # hits, false tags and misses, [documents, labels, 3]
    counts = sum_by_group(np.stack([truth & found, ~truth & found, truth & ~found], axis=-1), documents)
    total = counts.sum(axis=0)
    f1, resampled = _f1(total), _f1(resample(counts))
    labels = {
        name: _label_metrics(total[column], resampled[:, column], truth[:, column], scores[:, column])
        for column, name in enumerate(names)
    }
    return TaskMetrics(
        labels=labels,
        macro_f1=_mean(f1),
        macro_interval=interval(np.array([_mean(row) for row in resampled])),
        micro_f1=_mean(_f1(total.sum(axis=0))),
        count=len(truth),
    )


def _label_metrics(
    counts: NDArray[np.int64],
    resampled: NDArray[np.float64],
    truth: NDArray[np.bool_],
    scores: NDArray[np.float32],
) -> LabelMetrics:
    hits, false, missed = (int(count) for count in counts)
    support = hits + missed
    prevalence = support / len(truth) if len(truth) else 0.0
    return LabelMetrics(
        support=support,
        precision=hits / (hits + false) if hits + false else 0.0,
        recall=hits / support if support else 0.0,
        f1=_mean(_f1(counts)),
        interval=interval(resampled),
        average_precision=float(average_precision_score(truth, scores)) if support else None,
        always_f1=2 * prevalence / (1 + prevalence),
    )


def _f1(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return F1 from hits, false tags and misses on the last axis; NaN where there are no positives to find."""
    hits, false, missed = np.moveaxis(counts, -1, 0)
    return np.where(hits + missed > 0, 2 * hits / np.maximum(2 * hits + false + missed, 1), np.nan)


def _mean(values: NDArray[np.float64]) -> float:
    """Return the mean of what is defined, 0 if nothing is."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else 0.0
