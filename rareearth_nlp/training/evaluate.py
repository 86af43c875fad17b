"""Scores a split and measures them: themes, stance, and stance toward each target that has enough pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.labels import STANCES, LabelSchema
from rareearth_nlp.models.contract import Classifier
from rareearth_nlp.training.metrics import TaskMetrics, stance_metrics, theme_metrics


@dataclass(frozen=True)
class Evaluation:
    """A split's labels, a classifier's scores for them, and the metrics.

    Attributes:
        themes: Metrics of the themes.
        stance: Metrics of the stance, pooled over all targets.
        stance_by_target: The same toward each standing target.
        data: The split's labels.
        theme_scores: `[sentences, themes]`.
        stance_scores: `[pairs, 3]`.
    """

    themes: TaskMetrics
    stance: TaskMetrics
    stance_by_target: Mapping[str, TaskMetrics]
    data: Labelled
    theme_scores: NDArray[np.float32]
    stance_scores: NDArray[np.float32]

    @property
    def favor_against_f1(self) -> float:
        """Mean F1 of favor and against, the usual measure of stance (SemEval-2016 task 6)."""
        return (self.stance.labels["favor"].f1 + self.stance.labels["against"].f1) / 2

    def to_dict(self) -> dict[str, Any]:
        """Return every metric, nested by task and label."""
        return {
            "documents": len(set(self.data.documents)),
            "sentences": len(self.data.texts),
            "themes": self.themes.to_dict(),
            "stance": self.stance.to_dict() | {"favor_against_f1": self.favor_against_f1},
            "stance_by_target": {target: metrics.to_dict() for target, metrics in self.stance_by_target.items()},
        }

    def scalars(self) -> dict[str, float]:
        """Return the metrics as flat names with numbers, such as `themes/reform/f1`; what is undefined is left out."""
        found = {"stance/favor_against_f1": self.favor_against_f1}
        tasks = {"themes": self.themes, "stance": self.stance}
        tasks |= {f"stance/{target}": metrics for target, metrics in self.stance_by_target.items()}
        for task, metrics in tasks.items():
            found |= {f"{task}/macro_f1": metrics.macro_f1, f"{task}/micro_f1": metrics.micro_f1}
            for label, values in metrics.labels.items():
                for name in ("precision", "recall", "f1", "average_precision", "always_f1", "support"):
                    if (value := getattr(values, name)) is not None:
                        found[f"{task}/{label}/{name}"] = float(value)
                found[f"{task}/{label}/f1_low"], found[f"{task}/{label}/f1_high"] = values.interval
        return found


def evaluate(
    classifier: Classifier,
    data: Labelled,
    schema: LabelSchema,
    thresholds: Mapping[str, float],
    *,
    progress: bool = False,
) -> Evaluation:
    """Return how the classifier does on annotated sentences."""
    theme_scores, stance_scores = _scores(classifier, data, len(schema.themes), progress)
    by_target = {}
    for target in schema.targets:
        chosen = np.array([name == target.name for name in data.targets], dtype=bool)
        if target.standing and chosen.any():
            by_target[target.id] = stance_metrics(_pairs(data, chosen), stance_scores[chosen])
    return Evaluation(
        themes=theme_metrics(data, theme_scores, schema.theme_names, thresholds),
        stance=stance_metrics(data, stance_scores),
        stance_by_target=by_target,
        data=data,
        theme_scores=theme_scores,
        stance_scores=stance_scores,
    )


def _scores(
    classifier: Classifier, data: Labelled, themes: int, progress: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return theme scores `[sentences, themes]` and the annotated pairs' stance scores `[pairs, 3]`."""
    places: list[list[int]] = [[] for _ in data.texts]
    for place, row in enumerate(data.rows):
        places[row].append(place)
    groups: dict[tuple[str, ...], list[int]] = {}  # sentences that are annotated toward the same targets
    for row, own in enumerate(places):
        groups.setdefault(tuple(dict.fromkeys(data.targets[place] for place in own)), []).append(row)
    theme_scores = np.zeros((len(data.texts), themes), dtype=np.float32)
    stance_scores = np.zeros((len(data.rows), len(STANCES)), dtype=np.float32)
    for targets, rows in groups.items():
        scores = classifier.score([data.texts[row] for row in rows], targets, progress=progress)
        theme_scores[rows] = scores.themes
        for index, row in enumerate(rows):
            for place in places[row]:
                stance_scores[place] = scores.stances[index, targets.index(data.targets[place])]
    return theme_scores, stance_scores


def _pairs(data: Labelled, chosen: NDArray[np.bool_]) -> Labelled:
    targets = [target for target, use in zip(data.targets, chosen, strict=True) if use]
    return replace(data, rows=data.rows[chosen], targets=targets, stances=data.stances[chosen])
