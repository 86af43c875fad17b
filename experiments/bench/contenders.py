"""The ways to tags that are timed: what people would use otherwise, and our engines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

from rareearth_nlp.config import EncoderConfig
from rareearth_nlp.corpus.unlabelled import Unlabelled
from rareearth_nlp.errors import ModelError
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.contract import Scorer, Scores
from rareearth_nlp.models.weights import find_weights
from rareearth_nlp.tagging.export import exported
from rareearth_nlp.tagging.tagger import Tagger

Way = Callable[[Sequence[str], Sequence[str]], Scores | None]
"""Scores every sentence toward every target; of ours the scores come back."""

BASELINE = "pipeline, one by one"
REFERENCE = "torch fp32"
ENGINES = (REFERENCE, "OpenVINO fp32", "ONNX Runtime fp32", "OpenVINO int8")
"""What computes the same tagger."""


def others(themes: int) -> Iterator[tuple[str, Way]]:
    """Yield what people would use: a pipeline with a text pair for each target, and SetFit where it is installed."""
    folder = find_weights(EncoderConfig(family="encoder")).folder
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)

    def classifier(labels: int) -> Any:
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, num_labels=labels
        )
        return pipeline("text-classification", model=model, tokenizer=tokenizer, top_k=None, device=-1)

    on_themes, on_stance = classifier(themes), classifier(len(STANCES))

    def run(batch_size: int) -> Way:
        def score(texts: Sequence[str], targets: Sequence[str]) -> None:
            on_themes(list(texts), batch_size=batch_size, truncation=True)
            pairs = [{"text": target, "text_pair": text} for text in texts for target in targets]
            if pairs:
                on_stance(pairs, batch_size=batch_size, truncation=True)

        return score

    yield BASELINE, run(1)
    yield "pipeline, batches of 32", run(32)
    if find_spec("setfit"):
        yield "SetFit", _setfit(folder, themes)


def _setfit(folder: Path, themes: int) -> Way:
    from setfit import SetFitModel
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    model = SetFitModel.from_pretrained(str(folder))
    labels = np.tile([[0], [1]], themes)
    model.model_head = OneVsRestClassifier(LogisticRegression()).fit(model.encode(["no", "yes"]), labels)

    def score(texts: Sequence[str], targets: Sequence[str]) -> None:
        model.predict_proba(list(texts))
        if targets:
            model.predict_proba([f"{target}: {text}" for text in texts for target in targets])

    return score


def ours(tagger: Tagger, sentences: Unlabelled, folder: Path, precisions: Sequence[str]) -> Iterator[tuple[str, Way]]:
    """Yield the engines of a tagger, torch first; exports are kept in the folder."""
    yield REFERENCE, scorer(tagger)
    for precision in precisions:
        place = folder / precision
        onnx = precision == "fp32" and bool(find_spec("onnxscript"))
        try:
            with exported(tagger, sentences, precision, onnx=onnx) as found:  # type: ignore[arg-type]
                found.save(place)
        except ModelError as refused:
            if precision == "fp32":
                raise
            sys.stdout.write(f"{refused}\n")
            continue
        yield f"OpenVINO {precision}", scorer(Tagger.load(place, runtime="openvino"))
        if onnx:
            yield "ONNX Runtime fp32", scorer(Tagger.load(place, runtime="onnx"))


def scorer(model: Scorer) -> Way:
    """Return the way that a tagger or a model scores."""
    return lambda texts, targets: model.score(texts, [targets] * len(texts))
