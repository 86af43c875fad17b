"""How good scores are: per label, with intervals over writers and documents, beside what needs no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from rareearth_nlp.corpus.dataset import Labelled, Origin
from rareearth_nlp.corpus.resampling import interval, resample, sum_by_group
from rareearth_nlp.evaluation.reliability import CalibrationError, calibration_error
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import SIDES, Thresholds


@dataclass(frozen=True)
class LabelMetrics:
    """How well one label is found.

    Attributes:
        support: Positive examples.
        precision: Share of the given tags that are right.
        recall: Share of the positive examples that are tagged.
        f1: Their harmonic mean.
        interval: 95% bootstrap interval of F1; writers are resampled, then their documents, 1,000 times.
        average_precision: Area under the precision-recall curve, whatever the threshold; None without positives.
        brier_skill: 1 less the mean squared error of the scores over that of always giving the label's frequency: 1 is
            perfect, 0 no better than the frequency; None where the label is nowhere or everywhere.
        calibration: How far scores are from frequencies.
        always_f1: F1 of tagging every sentence, which needs no model.
    """

    support: int
    precision: float
    recall: float
    f1: float
    interval: tuple[float, float]
    average_precision: float | None
    brier_skill: float | None
    calibration: CalibrationError
    always_f1: float


@dataclass(frozen=True)
class TaskMetrics:
    """How well the labels of one task (themes or stance) are found.

    Attributes:
        labels: Metrics of each label.
        macro_f1: Mean F1 of the labels that have positive examples.
        macro_interval: 95% bootstrap interval of it.
        micro_f1: F1 over all (example, label) decisions.
        favor_against_f1: Of stance: mean F1 of favor and against, the usual measure (SemEval-2016 task 6); None of
            themes.
        favor_against_interval: 95% bootstrap interval of it.
        calibration: How far scores are from frequencies, over all labels; of stance over those of favor and against.
        count: Annotated examples: sentences for themes, pairs of sentence and target for stance.
    """

    labels: Mapping[str, LabelMetrics]
    macro_f1: float
    macro_interval: tuple[float, float]
    micro_f1: float
    favor_against_f1: float | None
    favor_against_interval: tuple[float, float] | None
    calibration: CalibrationError
    count: int

    def to_dict(self) -> dict[str, Any]:
        """Return the metrics as nested dictionaries."""
        return asdict(self)


def theme_metrics(
    data: Labelled,
    scores: NDArray[np.float32],
    names: Sequence[str],
    thresholds: Thresholds,
    *,
    natural: bool = False,
) -> TaskMetrics:
    """Return the metrics of theme scores `[sentences, themes]`; sentences without annotated themes are left out.

    Args:
        data: The sentences.
        scores: Their scores.
        names: The themes.
        thresholds: From which score on each theme is tagged.
        natural: Count each document by its weight, as real coverage would have it.
    """
    known = data.themed
    origins = [origin for origin, use in zip(data.origins, known, strict=True) if use]
    return _metrics(
        data.themes[known] == 1, thresholds.tag_themes(scores[known]), scores[known], origins, names, natural
    )


def stance_metrics(
    data: Labelled, scores: NDArray[np.float32], thresholds: Thresholds, *, natural: bool = False
) -> TaskMetrics:
    """Return the metrics of stance scores `[pairs, 3]`, pooled over targets; `natural` as for themes."""
    truth = np.eye(len(STANCES), dtype=bool)[data.stances]
    found = np.eye(len(STANCES), dtype=bool)[thresholds.tag_stances(scores)] if len(scores) else truth
    return _metrics(truth, found, scores, [data.origins[row] for row in data.rows], STANCES, natural)


def _metrics(
    truth: NDArray[np.bool_],
    found: NDArray[np.bool_],
    scores: NDArray[np.float32],
    origins: Sequence[Origin],
    names: Sequence[str],
    natural: bool,
) -> TaskMetrics:
    weights = np.array([origin.weight if natural else 1.0 for origin in origins])
    counts, writers = _count(truth, found, origins, weights)
    total = counts.sum(axis=0)
    f1, resampled = f1_of_counts(total), f1_of_counts(resample(counts, writers))
    labels = {
        name: _label_metrics(total[column], resampled[:, column], truth[:, column], scores[:, column], weights, natural)
        for column, name in enumerate(names)
    }
    sides = [column for column, name in enumerate(names) if name in SIDES] if tuple(names) == STANCES else []
    return TaskMetrics(
        labels=labels,
        macro_f1=_mean(f1),
        macro_interval=interval(_row_means(resampled)),
        micro_f1=_mean(f1_of_counts(total.sum(axis=0))),
        favor_against_f1=_mean(f1[sides]) if sides else None,
        favor_against_interval=interval(_row_means(resampled[:, sides])) if sides else None,
        calibration=_calibration(truth[:, sides or ...].ravel(), scores[:, sides or ...].ravel(), natural),
        count=len(truth),
    )


def document_counts(
    data: Labelled, scores: Scores, thresholds: Thresholds
) -> tuple[dict[str, NDArray[np.float64]], list[str]]:
    """Return hits, false tags and misses of each theme and side of stance by document, `[documents, 3]`.

    The documents are in the order of their names; the second value is the writer of each.
    """
    tagged, pairs = thresholds.tag_themes(scores.themes), thresholds.tag_stances(scores.stances)
    ones, origins = np.ones(len(data.origins)), data.origins
    themes, writers = _count((data.themes == 1) & data.themed[:, None], tagged & data.themed[:, None], origins, ones)
    found = {name: themes[:, column] for column, name in enumerate(thresholds.themes)}
    for place, side in enumerate(SIDES):
        rows = np.zeros((len(data.origins), 3))  # every document counts, also one without pairs
        outcomes = _outcomes(data.stances == place, pairs == place)
        np.add.at(rows, data.rows, outcomes)
        found[side] = sum_by_group(rows, [origin.document for origin in origins])
    return found, writers


def _count(
    truth: NDArray[np.bool_], found: NDArray[np.bool_], origins: Sequence[Origin], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], list[str]]:
    """Return hits, false tags and misses, `[documents, labels, 3]`, and the writer of each document."""
    outcomes = _outcomes(truth, found) * weights[:, None, None]
    writers = {origin.document: origin.writer for origin in origins}
    counts = sum_by_group(outcomes, [origin.document for origin in origins])
    return counts, [writers[document] for document in sorted(writers)]


def _outcomes(truth: NDArray[np.bool_], found: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.stack([truth & found, ~truth & found, truth & ~found], axis=-1).astype(float)


def _label_metrics(
    counts: NDArray[np.float64],
    resampled: NDArray[np.float64],
    truth: NDArray[np.bool_],
    scores: NDArray[np.float32],
    weights: NDArray[np.float64],
    natural: bool,
) -> LabelMetrics:
    hits, false, missed = (float(count) for count in counts)
    positives = hits + missed
    prevalence = positives / weights.sum() if len(weights) else 0.0
    return LabelMetrics(
        support=int(truth.sum()),
        precision=hits / (hits + false) if hits + false else 0.0,
        recall=hits / positives if positives else 0.0,
        f1=_mean(f1_of_counts(counts)),
        interval=interval(resampled),
        average_precision=float(average_precision_score(truth, scores, sample_weight=weights)) if positives else None,
        brier_skill=_brier_skill(truth, scores, weights, prevalence) if 0 < prevalence < 1 else None,
        calibration=_calibration(truth, scores, natural),
        always_f1=2 * prevalence / (1 + prevalence),
    )


def _calibration(truth: NDArray[np.bool_], scores: NDArray[np.float32], natural: bool) -> CalibrationError:
    """Return the calibration error, which is of the scores as they are and so is left out of the natural mix."""
    return CalibrationError(None, None, 0) if natural else calibration_error(truth, scores)


def _brier_skill(
    truth: NDArray[np.bool_], scores: NDArray[np.float32], weights: NDArray[np.float64], prevalence: float
) -> float:
    error = float(np.average((scores - truth) ** 2, weights=weights))
    return 1 - error / (prevalence * (1 - prevalence))


def f1_of_counts(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Return F1 from hits, false tags and misses on the last axis; NaN where there are no positives to find."""
    hits, false, missed = np.moveaxis(counts, -1, 0)
    positives = hits + missed > 0
    return np.where(positives, 2 * hits / np.where(positives, 2 * hits + false + missed, 1), np.nan)


def _row_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([_mean(row) for row in values])


def _mean(values: NDArray[np.float64]) -> float:
    """Return the mean of what is defined, 0 if nothing is."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else 0.0
