"""What people would use otherwise, on the same backbone and the same sentences: one way to scores for each task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments, set_seed

from rareearth_nlp.config import EncoderConfig, TfidfConfig, load_config
from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.evaluation.evaluate import score_labelled
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.contract import Scorer
from rareearth_nlp.models.tfidf import fit_tfidf
from rareearth_nlp.models.weights import find_weights
from rareearth_nlp.training.finetune import finetune

CONTRASTIVE_STEPS = 500
"""Of SetFit: its defaults go through every pair of sentences, here 55 million."""

FEW_STEPS = 200
"""Of ours where labels are few."""

Splits = Mapping[str, Labelled]
Scored = dict[str, NDArray[np.float32]]
"""The scores of each split but train: `[sentences, themes]`, or `[pairs, 3]`."""

Run = Callable[[Splits, int], Scored]
"""From the splits and a random seed to scores."""


@dataclass(frozen=True)
class System:
    """A way to the scores of each task; seeded if chance has a part in it."""

    themes: Run
    stance: Run
    seeded: bool = True


def _of_scorer(fit: Callable[[Labelled, int], Scorer]) -> tuple[Run, Run]:
    def themes(splits: Splits, seed: int) -> Scored:
        scorer = fit(splits["train"], seed)
        return {name: score_labelled(scorer, unpaired(data)).themes for name, data in _held(splits)}

    def stance(splits: Splits, seed: int) -> Scored:
        scorer = fit(splits["train"], seed)
        return {name: score_labelled(scorer, data).stances for name, data in _held(splits)}

    return themes, stance


def fit_ours(train: Labelled, seed: int, overrides: Sequence[str] = ()) -> Scorer:
    """Return our encoder, trained by the shipped recipe with overrides."""
    settings = load_config("encoder", overrides).model
    if not isinstance(settings, EncoderConfig):
        raise TypeError("expected the encoder")
    return finetune(train, train.themes.shape[1], find_weights(settings), settings, random_seed=seed)


def _ours_of_few(train: Labelled, seed: int) -> Scorer:
    return fit_ours(unpaired(train), seed, [f"model.min_steps={FEW_STEPS}"])


def _tfidf(train: Labelled, seed: int) -> Scorer:
    return fit_tfidf(train, TfidfConfig(family="tfidf"), seed)


def _frozen_themes(splits: Splits, seed: int) -> Scored:
    embed = _embedder()
    classifier = OneVsRestClassifier(_regression(seed))
    classifier.fit(embed(splits["train"].texts), splits["train"].themes.astype(int))
    return {name: classifier.predict_proba(embed(data.texts)) for name, data in _held(splits)}


def _frozen_stance(splits: Splits, seed: int) -> Scored:
    """Return regressions on the embeddings of sentence and target, and their product."""
    embed = _embedder()

    def features(data: Labelled) -> NDArray[np.float32]:
        sentences, targets = embed([data.texts[row] for row in data.rows]), embed(data.targets)
        return np.concatenate([sentences, targets, sentences * targets], axis=1)

    classifier = _regression(seed).fit(features(splits["train"]), splits["train"].stances)
    return {name: classifier.predict_proba(features(data)) for name, data in _held(splits)}


def _regression(seed: int) -> LogisticRegression:
    return LogisticRegression(class_weight="balanced", max_iter=1000, random_state=seed)


def _embedder() -> Callable[[Sequence[str]], NDArray[np.float32]]:
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(str(_backbone()))

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        unique = list(dict.fromkeys(texts))
        found = dict(zip(unique, encoder.encode(unique, show_progress_bar=False), strict=True))
        return np.stack([found[text] for text in texts])

    return embed


def _setfit_themes(splits: Splits, seed: int) -> Scored:
    train = splits["train"]
    model = _fit_setfit(train.texts, train.themes.astype(int).tolist(), seed, multi_target_strategy="one-vs-rest")
    return {name: model.predict_proba(data.texts, as_numpy=True) for name, data in _held(splits)}


def _setfit_stance(splits: Splits, seed: int) -> Scored:
    def joined(data: Labelled) -> list[str]:
        return [f"{target}: {data.texts[row]}" for row, target in zip(data.rows, data.targets, strict=True)]

    model = _fit_setfit(joined(splits["train"]), splits["train"].stances.tolist(), seed)
    return {name: model.predict_proba(joined(data), as_numpy=True) for name, data in _held(splits)}


def _fit_setfit(texts: Sequence[str], labels: Sequence[Any], seed: int, **settings: Any) -> Any:
    from setfit import SetFitModel, TrainingArguments  # not among our requirements: see README.md
    from setfit import Trainer as SetFitTrainer

    set_seed(seed)
    model = SetFitModel.from_pretrained(str(_backbone()), **settings)
    with TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, seed=seed, max_steps=CONTRASTIVE_STEPS, report_to="none", save_strategy="no"
        )
        rows = Dataset.from_dict({"text": list(texts), "label": list(labels)})
        SetFitTrainer(model, arguments, train_dataset=rows).train()
    return model


def _of_trainer(**changes: Any) -> System:
    """Return sequence classifiers of the Trainer with changes to its defaults."""

    def themes(splits: Splits, seed: int) -> Scored:
        train = splits["train"]
        model = fit_trainer([train.texts], train.themes.tolist(), seed, **changes)
        return {name: model([data.texts]).sigmoid().numpy() for name, data in _held(splits)}

    def stance(splits: Splits, seed: int) -> Scored:
        """Return the scores of a classifier of text pairs; it learns from as many neutral pairs as take a side."""
        train = splits["train"].pairs(_evened(splits["train"].stances, seed))
        model = fit_trainer(pair_texts(train), train.stances.tolist(), seed, **changes)
        return {name: model(pair_texts(data)).softmax(dim=-1).numpy() for name, data in _held(splits)}

    return System(themes, stance)


def pair_texts(data: Labelled) -> list[list[str]]:
    """Return the targets of all pairs, then their sentences."""
    return [data.targets, [data.texts[row] for row in data.rows]]


def _evened(stances: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """Return the pairs that take a side, and a draw of as many that do not, `[pairs]`."""
    sided = stances != STANCES.index("neutral")
    drawn = np.random.default_rng(seed).choice(np.flatnonzero(~sided), int(sided.sum()), replace=False)
    return np.asarray(sided | np.isin(np.arange(len(stances)), drawn))


def fit_trainer(
    texts: Sequence[Sequence[str]], labels: Sequence[Any], seed: int, **changes: Any
) -> Callable[[Sequence[Sequence[str]]], torch.Tensor]:
    """Return a function to logits: a sequence classifier trained on texts, or on pairs of texts.

    Args:
        texts: One or two lists of them.
        labels: Lists of 0 and 1, or classes.
        seed: Of everything.
        changes: To the defaults of `TrainingArguments`.
    """
    set_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(_backbone(), local_files_only=True)
    multi = isinstance(labels[0], list)
    model = AutoModelForSequenceClassification.from_pretrained(
        _backbone(),
        dtype=torch.float32,
        local_files_only=True,
        num_labels=len(labels[0]) if multi else len(STANCES),
        problem_type="multi_label_classification" if multi else "single_label_classification",
    )

    def rows(parts: Sequence[Sequence[str]]) -> Dataset:
        return Dataset.from_dict(dict(tokenizer(*map(list, parts), truncation=True, max_length=256)))

    data = rows(texts).add_column("labels", list(labels))
    with TemporaryDirectory() as folder:
        settings = TrainingArguments(folder, seed=seed, save_strategy="no", report_to=[], disable_tqdm=True, **changes)
        fitted = Trainer(model, settings, train_dataset=data, processing_class=tokenizer)
        fitted.train()
    return lambda parts: torch.from_numpy(fitted.predict(rows(parts)).predictions)


def _held(splits: Splits) -> list[tuple[str, Labelled]]:
    return [(name, data) for name, data in splits.items() if name != "train"]


def unpaired(data: Labelled) -> Labelled:
    """Return the sentences without their pairs."""
    return data.pairs(np.zeros(len(data.rows), dtype=np.bool_))


def _backbone() -> Path:
    return find_weights(EncoderConfig(family="encoder")).folder


OURS = "ours"
SYSTEMS = {
    "TF-IDF": System(*_of_scorer(_tfidf), seeded=False),
    "frozen MiniLM": System(_frozen_themes, _frozen_stance, seeded=False),
    "SetFit": System(_setfit_themes, _setfit_stance),
    "Trainer": _of_trainer(),
    "Trainer with our rates": _of_trainer(learning_rate=2e-4, per_device_train_batch_size=32, warmup_steps=0.1),
}
FEW = {name: SYSTEMS[name].themes for name in ("frozen MiniLM", "SetFit")} | {OURS: _of_scorer(_ours_of_few)[0]}
"""Ways to themes that are compared where labels are few."""
