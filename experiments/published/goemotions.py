"""GoEmotions: comments with one or several of 28 labels (Demszky et al., ACL 2020)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from benchmark import Benchmark, Measures
from numpy.typing import NDArray

from rareearth_nlp.corpus.dataset import Labelled, Origin
from rareearth_nlp.evaluation.metrics import theme_metrics
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import Thresholds, same_threshold

FIXED = 0.3
"""The threshold that the code behind both published scores sets for every label."""

GRID = np.arange(1, 20) / 20


def _read(splits: Mapping[str, Any]) -> dict[str, Labelled]:
    named = {split: _names(rows) for split, rows in splits.items()}
    labels = sorted({label for row in named["train"] for label in row})
    return {split: _labelled(rows, named[split], labels) for split, rows in splits.items()}


def _names(rows: Any) -> list[list[str]]:
    """Return the labels of each row by name; the hub's copy has them as numbers."""
    coded = getattr(rows.features["labels"].feature, "names", None)
    return [[coded[label] for label in row] if coded else row for row in rows["labels"]]


def _labelled(rows: Any, named: Sequence[Sequence[str]], labels: Sequence[str]) -> Labelled:
    size, none = len(rows), np.zeros(0, dtype=np.int64)
    return Labelled(
        texts=list(rows["text"]),
        contexts=[""] * size,
        themes=np.array([[label in row for label in labels] for row in named], dtype=np.float32),
        rows=none,
        targets=[],
        stances=none,
        seen=[],
        origins=[Origin(document=comment, writer=comment) for comment in rows["id"]],
        weights=np.ones(size, dtype=np.float32),
    )


def _measure(data: Mapping[str, Labelled], scores: Mapping[str, Scores]) -> dict[str, Measures]:
    labels = [str(label) for label in range(data["validation"].themes.shape[1])]
    tuned = _thresholds(data["validation"].themes == 1, scores["validation"].themes)
    cuts = {"": same_threshold(labels, FIXED), ", tuned": Thresholds(themes=dict(zip(labels, tuned, strict=True)))}
    measures: dict[str, Measures] = {split: {} for split in scores}
    for split, found in scores.items():
        for kind, cut in cuts.items():
            metrics = theme_metrics(data[split], found.themes, labels, cut)
            measures[split] |= {f"macro-F1{kind}": metrics.macro_f1, f"95% interval{kind}": metrics.macro_interval}
    return measures


def _thresholds(truth: NDArray[np.bool_], scores: NDArray[np.float32]) -> list[float]:
    """Return for each label the threshold with the highest F1 on these rows, the lowest of equal ones."""
    tagged = scores >= GRID[:, None, None]
    f1 = 2 * (tagged & truth).sum(axis=1) / np.maximum(tagged.sum(axis=1) + truth.sum(axis=0), 1)
    return [float(threshold) for threshold in GRID[f1.argmax(axis=0)]]


GOEMOTIONS = Benchmark(
    recipe=("model.epochs=3", "model.learning_rate=1e-4", "model.head_learning_rate=5e-4"),
    published={
        "published: BERT-base, the paper": {"macro-F1": "46"},
        "published: BERT-base, monologg/GoEmotions-pytorch": {"macro-F1": "50.3"},
    },
    columns=("macro-F1", "95% interval", "macro-F1, tuned", "95% interval, tuned"),
    read=_read,
    measure=_measure,
)
