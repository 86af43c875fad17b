"""Pictures of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix, precision_recall_curve

from rareearth_nlp.labels import STANCES

if TYPE_CHECKING:
    from rareearth_nlp.training.evaluate import Evaluation


def precision_recall(evaluation: Evaluation, thresholds: Mapping[str, float]) -> Figure:
    """Return a precision-recall curve per theme, with the threshold's place on it."""
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.add_subplot(
        xlabel="recall",
        ylabel="precision",
        xlim=(0, 1.02),
        ylim=(0, 1.02),
        title="Themes: precision and recall",
    )
    known = evaluation.data.themed
    for column, (name, metrics) in enumerate(evaluation.themes.labels.items()):
        if not metrics.support:
            continue
        precision, recall, _ = precision_recall_curve(
            evaluation.data.themes[known, column], evaluation.theme_scores[known, column]
        )
        (line,) = axes.plot(
            recall, precision, label=f"{name} (AP {metrics.average_precision:.2f}, n={metrics.support})"
        )
        axes.plot(metrics.recall, metrics.precision, "o", color=line.get_color())
    axes.plot(
        [],
        [],
        "o",
        color="gray",
        label=f"at threshold {'/'.join(f'{cut:g}' for cut in sorted(set(thresholds.values())))}",
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    return figure


def stance_confusion(evaluation: Evaluation) -> Figure:
    """Return the confusion matrix of stance: annotated in the rows, tagged in the columns."""
    truth, found = evaluation.data.stances, evaluation.stance_scores.argmax(axis=1)
    matrix = confusion_matrix(truth, found, labels=range(len(STANCES)))
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="tagged", ylabel="annotated", title="Stance: confusion")
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(STANCES)), STANCES)
    axes.set_yticks(range(len(STANCES)), STANCES)
    for (row, column), count in np.ndenumerate(matrix):
        dark = shares[row, column] > 0.5
        axes.text(column, row, str(count), ha="center", va="center", color="white" if dark else "black")
    return figure
