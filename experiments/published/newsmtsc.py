"""NewsMTSC: a sentence from the news with a target that it names (Hamborg and Donnay, EACL 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from benchmark import Benchmark, Measures

from rareearth_nlp.corpus.dataset import Labelled, Origin
from rareearth_nlp.evaluation.metrics import stance_metrics
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import same_threshold

STANCE_OF = {"positive": "favor", "neutral": "neutral", "negative": "against"}
MOST_PROBABLE = same_threshold((), 0.5)


def _read(splits: Mapping[str, Any]) -> dict[str, Labelled]:
    return {split: _labelled(rows) for split, rows in splits.items()}


def _labelled(rows: Any) -> Labelled:
    """Return every row as a sentence with one pair; a sentence with several targets is there several times."""
    size = len(rows)
    return Labelled(
        texts=list(rows["text"]),
        contexts=[""] * size,
        themes=np.full((size, 1), np.nan, dtype=np.float32),
        rows=np.arange(size),
        targets=list(rows["target"]),
        stances=np.array([STANCES.index(STANCE_OF[label]) for label in rows["label"]], dtype=np.int64),
        seen=[None] * size,
        origins=[Origin(document=sentence, writer=sentence) for sentence in rows["sentence_id"]],
        weights=np.ones(size, dtype=np.float32),
    )


def _measure(data: Mapping[str, Labelled], scores: Mapping[str, Scores]) -> dict[str, Measures]:
    return {split: _measures(data[split], found) for split, found in scores.items()}


def _measures(data: Labelled, scores: Scores) -> Measures:
    found = stance_metrics(data, scores.stances, MOST_PROBABLE)
    return {
        "macro-F1": found.macro_f1,
        "95% interval": found.macro_interval,
        "accuracy": found.micro_f1,  # the same where every row has one label and gets one
        "favor F1": found.labels["favor"].f1,
        "against F1": found.labels["against"].f1,
    }


NEWSMTSC = Benchmark(
    recipe=(
        "model.epochs=3",
        "model.learning_rate=1e-4",
        "model.head_learning_rate=5e-4",
        "model.sided_weight=1",
        "model.context=false",
        "model.pairs=true",
    ),
    published={
        "published: BERT-base, sentence pair": {"macro-F1": "80.1", "accuracy": "80.7"},
        "published: RoBERTa-base, sentence pair": {"macro-F1": "81.1", "accuracy": "82.7"},
        "published: RoBERTa, GRU-TSC": {"macro-F1": "83.1", "accuracy": "83.8"},
    },
    columns=("macro-F1", "95% interval", "accuracy", "favor F1", "against F1"),
    read=_read,
    measure=_measure,
)
