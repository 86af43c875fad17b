"""Pictures of an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve

from rareearth_nlp.evaluation.evaluate import Evaluation
from rareearth_nlp.evaluation.promises import given_tags
from rareearth_nlp.evaluation.reliability import bins
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import SIDES


def precision_recall(evaluation: Evaluation) -> Figure:
    """Return a precision-recall curve per theme, with the threshold's place on it."""
    figure, axes = _new("Themes: precision and recall", "recall", "precision")
    known = evaluation.data.themed
    for column, (name, metrics) in enumerate(evaluation.themes.labels.items()):
        if not metrics.support:
            continue
        truth, scores = evaluation.data.themes[known, column], evaluation.theme_scores[known, column]
        precision, recall, _ = precision_recall_curve(truth, scores)
        label = f"{name} (AP {metrics.average_precision:.2f}, n={metrics.support})"
        (line,) = axes.plot(recall, precision, label=label)
        axes.plot(metrics.recall, metrics.precision, "o", color=line.get_color())
    axes.plot([], [], "o", color="gray", label="at the tagger's threshold")
    axes.legend(loc="lower left")
    return figure


def reliability(evaluation: Evaluation) -> Figure:
    """Return how often each label is right at each height of its score, themes and sides of stance."""
    figure, axes = _new("Reliability: scores of at least .1", "mean score of a bin", "share that is annotated")
    axes.plot([0, 1], [0, 1], color="gray", linewidth=0.8)
    for name, truth, scores in _labels(evaluation):
        parts = bins(scores)
        if parts:
            points = [(scores[part].mean(), truth[part].mean()) for part in parts]
            axes.plot(*zip(*points, strict=True), "o-", markersize=4, label=name)
    axes.legend(loc="upper left")
    return figure


def coverage_risk(evaluation: Evaluation) -> Figure:
    """Return the share of wrong tags among the surest ones given, as more of them are given."""
    figure, axes = _new("Coverage and risk", "share of the tags given, surest first", "share of them that is wrong")
    unknown = np.zeros(len(evaluation.theme_scores), dtype=np.bool_)
    scores = Scores(evaluation.theme_scores, evaluation.stance_scores, truncated=unknown)
    for tags in given_tags(evaluation.data, scores, evaluation.thresholds):
        right = tags.right[np.argsort(-tags.scores, kind="stable")]
        count = np.arange(1, len(right) + 1)
        if len(right):
            axes.plot(count / len(right), 1 - right.cumsum() / count, label=f"{tags.label} ({len(right)} tags)")
    if axes.has_data():
        axes.legend(loc="upper left")
    return figure


def theme_confusion(evaluation: Evaluation) -> Figure:
    """Return, of the sentences annotated with each theme, the share tagged with each."""
    names, known = list(evaluation.thresholds.themes), evaluation.data.themed
    truth = evaluation.data.themes[known] == 1
    tagged = evaluation.thresholds.tag_themes(evaluation.theme_scores[known])
    rows, columns = (np.hstack([values, ~values.any(axis=1, keepdims=True)]) for values in (truth, tagged))
    return _matrix("Themes: confusion", rows.T.astype(int) @ columns.astype(int), [*names, "none"], rows.sum(axis=0))


def stance_confusion(evaluation: Evaluation) -> Figure:
    """Return the confusion matrix of stance."""
    matrix = np.zeros((len(STANCES),) * 2, dtype=np.int64)  # scikit-learn gives none where no pair is annotated
    np.add.at(matrix, (evaluation.data.stances, evaluation.thresholds.tag_stances(evaluation.stance_scores)), 1)
    return _matrix("Stance: confusion", matrix, STANCES, matrix.sum(axis=1))


PLOTS: Mapping[str, Callable[[Evaluation], Figure]] = {
    "precision_recall": precision_recall,
    "reliability": reliability,
    "coverage_risk": coverage_risk,
    "theme_confusion": theme_confusion,
    "stance_confusion": stance_confusion,
}
"""Every picture, by name."""


def _labels(evaluation: Evaluation) -> list[tuple[str, NDArray[np.bool_], NDArray[np.float32]]]:
    """Return name, truth and scores of each theme and of each side of stance that has examples."""
    data, known = evaluation.data, evaluation.data.themed
    found = [
        (name, data.themes[known, column] == 1, evaluation.theme_scores[known, column])
        for column, name in enumerate(evaluation.thresholds.themes)
    ]
    found += [(name, data.stances == column, evaluation.stance_scores[:, column]) for column, name in enumerate(SIDES)]
    return [(name, truth, scores) for name, truth, scores in found if len(truth)]


def _new(title: str, across: str, up: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.add_subplot(xlabel=across, ylabel=up, xlim=(0, 1.02), ylim=(0, 1.02), title=title)
    axes.grid(alpha=0.3)
    return figure, axes


def _matrix(title: str, matrix: NDArray[np.int64], names: Sequence[str], sizes: NDArray[np.int64]) -> Figure:
    """Return a matrix of counts, each shaded by its share of the size of its row."""
    figure = Figure(figsize=(5.5, 4.5), layout="constrained")
    axes = figure.add_subplot(xlabel="tagged", ylabel="annotated", title=title)
    shares = matrix / np.maximum(sizes[:, None], 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set_yticks(range(len(names)), names)
    for (row, column), count in np.ndenumerate(matrix):
        dark = shares[row, column] > 0.5
        axes.text(column, row, str(count), ha="center", va="center", color="white" if dark else "black")
    return figure
