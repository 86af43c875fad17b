"""Scores a split and measures it: themes, stance, stance by target, and every part that tells something of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.evaluation.metrics import TaskMetrics, stance_metrics, theme_metrics
from rareearth_nlp.evaluation.promises import KeptPromise, kept_promises
from rareearth_nlp.labels import LabelSchema
from rareearth_nlp.models.contract import Scorer, Scores
from rareearth_nlp.models.decisions import DecisionRule, Thresholds


@dataclass(frozen=True)
class Part:
    """Metrics of a part of a split, or of the whole weighed otherwise; None for a task that the part does not have."""

    themes: TaskMetrics | None
    stance: TaskMetrics | None


@dataclass(frozen=True)
class Evaluation:
    """A split's labels, a classifier's scores for them, and the metrics.

    Attributes:
        themes: Metrics of the themes.
        stance: Metrics of the stance, pooled over all targets.
        stance_by_target: The same toward each standing target.
        parts: Metrics by part: documents of writers that training has or has not, targets that it has or has not, the
            mix of real coverage, families of genres; only those that the split has.
        thresholds: From which score on each label is tagged.
        promises: How the tagger's promises of precision are kept; none where it makes none.
        data: The split's labels.
        theme_scores: `[sentences, themes]`.
        stance_scores: `[pairs, 3]`.
    """

    themes: TaskMetrics
    stance: TaskMetrics
    stance_by_target: Mapping[str, TaskMetrics]
    parts: Mapping[str, Part]
    thresholds: Thresholds
    promises: Sequence[KeptPromise]
    data: Labelled
    theme_scores: NDArray[np.float32]
    stance_scores: NDArray[np.float32]

    @property
    def tasks(self) -> dict[str, TaskMetrics]:
        """The metrics of every task by the name that tables give it."""
        found = {"themes": self.themes, "stance, all targets": self.stance}
        return found | {f"stance: {target}": metrics for target, metrics in self.stance_by_target.items()}

    def parts_beside(self, controls: Mapping[str, Evaluation]) -> dict[str, Part]:
        """Return the whole, its parts, and the whole as each control does it."""
        found = {"all": Part(self.themes, self.stance), **self.parts}
        blind = {name for name in controls if "blind" in name}  # to targets, so it says nothing new of themes
        return found | {
            f"all, {name}": Part(None if name in blind else control.themes, control.stance)
            for name, control in controls.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """Return every metric, nested by task and label."""
        return {
            "documents": len({origin.document for origin in self.data.origins}),
            "sentences": len(self.data.texts),
            "thresholds": self.thresholds.model_dump(),
            "themes": self.themes.to_dict(),
            "stance": self.stance.to_dict(),
            "stance_by_target": {target: metrics.to_dict() for target, metrics in self.stance_by_target.items()},
            "parts": {name: asdict(part) for name, part in self.parts.items()},
            "promises": [asdict(promise) for promise in self.promises],
        }

    def scalars(self) -> dict[str, float]:
        """Return the metrics as flat names with numbers, such as `themes/reform/f1`; what is undefined is left out."""
        tasks = {"themes": self.themes, "stance": self.stance}
        tasks |= {f"stance/{target}": metrics for target, metrics in self.stance_by_target.items()}
        found: dict[str, float] = {}
        for task, metrics in tasks.items():
            found |= _label_scalars(task, metrics) | _mean_scalars(task, metrics)
        for name, part in self.parts.items():
            for task, some in (("themes", part.themes), ("stance", part.stance)):
                found |= _mean_scalars(f"{name}/{task}", some) if some else {}
        return found


def evaluate(
    classifier: Scorer,
    data: Labelled,
    schema: LabelSchema,
    rule: DecisionRule,
    *,
    progress: bool = False,
) -> Evaluation:
    """Return how the classifier does on annotated sentences; its scores are taken as calibrated."""
    return measure(score_labelled(classifier, data, progress=progress), data, schema, rule)


def measure(scores: Scores, data: Labelled, schema: LabelSchema, rule: DecisionRule) -> Evaluation:
    """Return how good calibrated scores are, as `score_labelled` gives them."""
    theme_scores, stance_scores, thresholds = scores.themes, scores.stances, rule.thresholds
    by_target = {}
    for target in schema.targets:
        chosen = np.array([name == target.name for name in data.targets], dtype=bool)
        if target.standing and chosen.any():
            by_target[target.id] = stance_metrics(data.pairs(chosen), stance_scores[chosen], thresholds)
    names = schema.theme_names
    return Evaluation(
        themes=theme_metrics(data, theme_scores, names, thresholds),
        stance=stance_metrics(data, stance_scores, thresholds),
        stance_by_target=by_target,
        parts=dict(_parts(theme_scores, stance_scores, data, names, thresholds)),
        thresholds=thresholds,
        promises=kept_promises(rule, data, scores),
        data=data,
        theme_scores=theme_scores,
        stance_scores=stance_scores,
    )


def score_labelled(classifier: Scorer, data: Labelled, *, progress: bool = False) -> Scores:
    """Return the scores of annotated sentences and of their annotated pairs."""
    return classifier.score(data.texts, data.asked, data.contexts, progress=progress)


def _parts(
    theme_scores: NDArray[np.float32],
    stance_scores: NDArray[np.float32],
    data: Labelled,
    names: tuple[str, ...],
    thresholds: Thresholds,
) -> Iterator[tuple[str, Part]]:
    for name, chosen in _sentence_parts(data):
        part, pairs = data.sentences(chosen), chosen[data.rows]
        yield (
            name,
            Part(
                theme_metrics(part, theme_scores[chosen], names, thresholds) if part.themed.any() else None,
                stance_metrics(part, stance_scores[pairs], thresholds) if pairs.any() else None,
            ),
        )
    for name, value in (("seen targets", True), ("unseen targets", False)):
        pairs = np.array([seen is value for seen in data.seen], dtype=bool)
        if pairs.any():
            yield name, Part(None, stance_metrics(data.pairs(pairs), stance_scores[pairs], thresholds))
    if len({origin.weight for origin in data.origins}) > 1:
        yield (
            "natural mix",
            Part(
                theme_metrics(data, theme_scores, names, thresholds, natural=True) if data.themed.any() else None,
                stance_metrics(data, stance_scores, thresholds, natural=True) if len(data.rows) else None,
            ),
        )


def _sentence_parts(data: Labelled) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield a name and the sentences of each part that is a choice of documents, `[sentences]`."""
    for name, value in (("familiar writers", True), ("unfamiliar writers", False)):
        chosen = np.array([origin.familiar is value for origin in data.origins], dtype=bool)
        if chosen.any():
            yield name, chosen
    for family in sorted({origin.family for origin in data.origins if origin.family}):
        yield f"family: {family}", np.array([origin.family == family for origin in data.origins], dtype=bool)


def _label_scalars(task: str, metrics: TaskMetrics) -> dict[str, float]:
    found = {}
    for label, values in metrics.labels.items():
        for name in ("precision", "recall", "f1", "average_precision", "brier_skill", "always_f1", "support"):
            if (value := getattr(values, name)) is not None:
                found[f"{task}/{label}/{name}"] = float(value)
        found |= _ends(f"{task}/{label}/f1", values.interval)
    return found


def _mean_scalars(task: str, metrics: TaskMetrics) -> dict[str, float]:
    found = {f"{task}/macro_f1": metrics.macro_f1, f"{task}/micro_f1": metrics.micro_f1}
    found |= _ends(f"{task}/macro_f1", metrics.macro_interval)
    found |= _ends(f"{task}/favor_against_f1", metrics.favor_against_interval)
    optional = {
        "favor_against_f1": metrics.favor_against_f1,
        "calibration_error": metrics.calibration.error,
        "calibration_error_if_perfect": metrics.calibration.perfect,
    }
    return found | {f"{task}/{name}": value for name, value in optional.items() if value is not None}


def _ends(name: str, interval: tuple[float, float] | None) -> dict[str, float]:
    return dict(zip((f"{name}_low", f"{name}_high"), interval, strict=True)) if interval else {}
