"""Calibration and thresholds from scores that the model gives to writers it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve
from sklearn.model_selection import GroupKFold

from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.evaluation.evaluate import score_labelled
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.contract import Scorer, Scores
from rareearth_nlp.models.decisions import SIDES, TINY, Calibration, Thresholds, logits

Fit = Callable[[Labelled, str], Scorer]
"""Trains on a part of the training split; the second argument names the part."""


def out_of_fold(train: Labelled, folds: int, random_seed: int, fit: Fit, folder: Path | None = None) -> Scores | None:
    """Return scores of the training split, each by a model that saw nothing of the sentence's writer.

    Args:
        train: The training split.
        folds: Into how many parts of whole writers it is cut; as many models are trained, each without one.
        random_seed: Of the cut.
        fit: Trains a model.
        folder: Keeps the scores of finished folds, so that an interrupted run goes on; None keeps nothing.

    Returns:
        Scores as `score_labelled` gives them; None if fewer writers than folds have annotated sentences, or if all
        that have fall into one fold.
    """
    writers = [origin.writer for origin in train.origins]
    annotated = train.themed
    annotated[train.rows] = True
    known = {writer for writer, has in zip(writers, annotated, strict=True) if has}
    cut = [] if len(known) < folds else list(_cut(writers, folds, random_seed))
    if not cut or not all(annotated[rest].any() for rest, _ in cut):
        return None
    themes = np.zeros_like(train.themes)
    stances = np.zeros((len(train.rows), len(STANCES)), dtype=np.float32)
    for number, (_, held) in enumerate(cut, start=1):
        out = np.isin(np.arange(len(writers)), held)
        score = partial(_fold_scores, train, out, f"fold {number} of {folds}", fit)
        scores = Scores.kept(folder / f"{number}.npz", score) if folder else score()
        themes[out], stances[out[train.rows]] = scores.themes, scores.stances
    return Scores(themes, stances, np.zeros(len(writers), dtype=np.bool_))


def _fold_scores(train: Labelled, out: NDArray[np.bool_], name: str, fit: Fit) -> Scores:
    return score_labelled(fit(train.sentences(~out), name), train.sentences(out), progress=True)


def _cut(writers: Sequence[str], folds: int, random_seed: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the places of what each fold leaves and of what it holds out."""
    yield from GroupKFold(folds, shuffle=True, random_state=random_seed).split(writers, groups=writers)


def fit_calibration(data: Labelled, scores: Scores) -> Calibration:
    """Return the calibration that makes scores likeliest, theme by theme and for the stance.

    Args:
        data: Annotated sentences.
        scores: What models that did not see them say of them, as `out_of_fold` returns it.
    """
    known = data.themed
    columns = range(data.themes.shape[1])
    themes = [_fit_theme(data.themes[known, column], scores.themes[known, column]) for column in columns]
    slope, offsets = _fit_stance(data.stances, scores.stances)
    return Calibration(themes=tuple(themes), stance_slope=slope, stance_offsets=offsets)


def choose_thresholds(data: Labelled, scores: Scores, names: Sequence[str]) -> Thresholds:
    """Return, for each theme and each side of stance, the threshold that gives the highest F1."""
    known = data.themed
    themes = {
        name: _best_threshold(data.themes[known, column] == 1, scores.themes[known, column])
        for column, name in enumerate(names)
    }
    sides = {side: _best_threshold(data.stances == place, scores.stances[:, place]) for place, side in enumerate(SIDES)}
    return Thresholds(themes=themes, **sides)


def squared_error(data: Labelled, scores: Scores) -> float:
    """Return the mean squared error of the scores of themes and of stances, added."""
    known = data.themed
    themes = (scores.themes[known] - data.themes[known]) ** 2
    stances = (scores.stances - np.eye(len(STANCES))[data.stances]) ** 2
    return sum(float(part.mean()) for part in (themes, stances) if part.size)


def _fit_theme(truth: NDArray[np.float32], scores: NDArray[np.float32]) -> tuple[float, float]:
    if len(set(truth.tolist())) < 2:
        return 1.0, 0.0
    found = LogisticRegression(C=np.inf).fit(logits(scores)[:, None], truth)
    slope = float(found.coef_[0, 0])
    return (slope, float(found.intercept_[0])) if slope > 0 else (1.0, 0.0)


def _fit_stance(truth: NDArray[np.int64], scores: NDArray[np.float32]) -> tuple[float, tuple[float, float, float]]:
    if len(set(truth.tolist())) < len(STANCES):
        return 1.0, (0.0, 0.0, 0.0)
    logs = np.log(np.maximum(scores, TINY)).astype(float)

    def loss(values: NDArray[np.float64]) -> float:
        raised = np.exp(values[0]) * logs + np.array([*values[1:], 0.0])
        raised -= raised.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(raised).sum(axis=1)) - raised[np.arange(len(truth)), truth]))

    found = minimize(loss, np.zeros(len(STANCES))).x
    return float(np.exp(found[0])), (float(found[1]), float(found[2]), 0.0)


def _best_threshold(truth: NDArray[np.bool_], scores: NDArray[np.float32]) -> float:
    if not truth.any():
        return 0.5
    precision, recall, cuts = precision_recall_curve(truth, scores)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    return float(np.clip(cuts[f1[:-1].argmax()], 0.01, 0.99))
