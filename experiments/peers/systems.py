"""What people would use otherwise, on the same backbone and the same sentences; each gives scores as ours does."""

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

from rareearth_nlp.config import EncoderConfig, TfidfConfig
from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.evaluation.controls import MajorityClassifier
from rareearth_nlp.evaluation.evaluate import score_labelled
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.tfidf import fit_tfidf
from rareearth_nlp.models.weights import find_weights

STEPS = 500
"""Contrastive steps of SetFit for each task: its defaults go through every pair of sentences, here 55 million."""

Scored = Mapping[str, Scores]
"""The scores of each split, of its sentences and its annotated pairs."""

Splits = Mapping[str, Labelled]


@dataclass(frozen=True)
class System:
    """A way to scores.

    Attributes:
        run: From the splits and a random seed to the scores of every split but train.
        seeded: Whether the seed changes anything.
    """

    run: Callable[[Splits, int], Scored]
    seeded: bool = True


def majority(splits: Splits, _: int) -> Scored:
    """Return the frequencies of train."""
    classifier = MajorityClassifier(splits["train"])
    return {name: score_labelled(classifier, data) for name, data in _held(splits)}


def tfidf(splits: Splits, seed: int) -> Scored:
    """Return what words without an encoder give."""
    classifier = fit_tfidf(splits["train"], TfidfConfig(family="tfidf"), seed)
    return {name: score_labelled(classifier, data) for name, data in _held(splits)}


def frozen(splits: Splits, seed: int) -> Scored:
    """Return logistic regressions on the sentence embeddings of the encoder as it comes.

    A pair is the embeddings of sentence and target and their product.
    """
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(str(_backbone()))

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        unique = list(dict.fromkeys(texts))
        found = dict(zip(unique, encoder.encode(unique, show_progress_bar=False), strict=True))
        return np.stack([found[text] for text in texts])

    def features(data: Labelled) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        sentences, targets = embed(data.texts), embed(data.targets)
        read = sentences[data.rows]
        return sentences, np.concatenate([read, targets, read * targets], axis=1)

    train = splits["train"]
    sentences, pairs = features(train)
    settings: dict[str, Any] = {"class_weight": "balanced", "max_iter": 1000, "random_state": seed}
    themes = OneVsRestClassifier(LogisticRegression(**settings)).fit(sentences, train.themes.astype(int))
    stance = LogisticRegression(**settings).fit(pairs, train.stances)
    found = {}
    for name, data in _held(splits):
        sentences, pairs = features(data)
        found[name] = _scores(themes.predict_proba(sentences), stance.predict_proba(pairs))
    return found


def setfit(splits: Splits, seed: int) -> Scored:
    """Return SetFit with its defaults, but for `STEPS`: one model for themes, one for stance."""
    train = splits["train"]
    themes = _fit_setfit(train.texts, train.themes.astype(int).tolist(), seed, multi_target_strategy="one-vs-rest")
    stance = _fit_setfit(_joined(train), train.stances.tolist(), seed)
    return {
        name: _scores(
            themes.predict_proba(data.texts, as_numpy=True), stance.predict_proba(_joined(data), as_numpy=True)
        )
        for name, data in _held(splits)
    }


def trainer(splits: Splits, seed: int) -> Scored:
    """Return two models of the Hugging Face Trainer with its defaults: themes multi-label, stance by text pair."""
    return _two_models(splits, seed)


def _two_models(splits: Splits, seed: int, **arguments: Any) -> Scored:
    train = splits["train"]
    held = [data for _, data in _held(splits)]
    sampled = train.pairs(_evened(train.stances, seed))
    themes = _fit_trainer((train.texts,), train.themes.tolist(), [(data.texts,) for data in held], seed, arguments)
    pairs = [(data.targets, [data.texts[row] for row in data.rows]) for data in (sampled, *held)]
    stances = _fit_trainer(pairs[0], sampled.stances.tolist(), pairs[1:], seed, arguments)
    logits = zip(_held(splits), themes, stances, strict=True)
    return {
        name: _scores(theme.sigmoid().numpy(), stance.softmax(dim=-1).numpy()) for (name, _), theme, stance in logits
    }


def _evened(stances: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """Return the pairs that take a side, and a draw of as many that do not, `[pairs]`."""
    sided = stances != STANCES.index("neutral")
    drawn = np.random.default_rng(seed).choice(np.flatnonzero(~sided), int(sided.sum()), replace=False)
    return np.asarray(sided | np.isin(np.arange(len(stances)), drawn))


def _fit_trainer(
    texts: tuple[Sequence[str], ...],
    labels: Sequence[Any],
    others: Sequence[tuple[Sequence[str], ...]],
    seed: int,
    arguments: Mapping[str, Any],
) -> list[torch.Tensor]:
    """Return the logits of the other texts by a sequence classifier trained on the texts."""
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

    def rows(parts: tuple[Sequence[str], ...]) -> Dataset:
        return Dataset.from_dict(dict(tokenizer(*map(list, parts), truncation=True, max_length=256)))

    quiet: dict[str, Any] = {"save_strategy": "no", "report_to": [], "disable_tqdm": True}
    with TemporaryDirectory() as folder:
        settings = TrainingArguments(folder, seed=seed, **quiet, **arguments)
        data = rows(texts).add_column("labels", list(labels))
        fitted = Trainer(model, settings, train_dataset=data, processing_class=tokenizer)
        fitted.train()
        return [torch.from_numpy(fitted.predict(rows(parts)).predictions) for parts in others]


def _fit_setfit(texts: Sequence[str], labels: Sequence[Any], seed: int, **settings: Any) -> Any:
    from setfit import SetFitModel, TrainingArguments  # an installation of its own: see README.md
    from setfit import Trainer as SetFitTrainer

    set_seed(seed)
    model = SetFitModel.from_pretrained(str(_backbone()), **settings)
    with TemporaryDirectory() as folder:
        arguments = TrainingArguments(folder, seed=seed, max_steps=STEPS, report_to="none", save_strategy="no")
        rows = Dataset.from_dict({"text": list(texts), "label": list(labels)})
        SetFitTrainer(model, arguments, train_dataset=rows).train()
    return model


def _joined(data: Labelled) -> list[str]:
    return [f"{target}: {data.texts[row]}" for row, target in zip(data.rows, data.targets, strict=True)]


def _held(splits: Splits) -> list[tuple[str, Labelled]]:
    return [(name, data) for name, data in splits.items() if name != "train"]


def _backbone() -> Path:
    return find_weights(EncoderConfig(family="encoder")).folder


def _scores(themes: Any, stances: Any) -> Scores:
    themes, stances = (np.asarray(values, dtype=np.float32) for values in (themes, stances))
    return Scores(themes, stances, np.zeros(len(themes), dtype=np.bool_))


SYSTEMS = {
    "majority": System(majority, seeded=False),
    "TF-IDF": System(tfidf, seeded=False),
    "frozen MiniLM": System(frozen, seeded=False),
    "SetFit": System(setfit),
    "Trainer": System(trainer),
}
