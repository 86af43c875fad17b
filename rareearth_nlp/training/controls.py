"""What any tagger should beat: the most frequent label, words without an encoder, stance without its target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rareearth_nlp.config import TfidfConfig
from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.evaluation.evaluate import Evaluation, evaluate
from rareearth_nlp.labels import STANCES, LabelSchema
from rareearth_nlp.models.contract import Scorer, Scores
from rareearth_nlp.models.decisions import DecisionRule, same_threshold
from rareearth_nlp.models.tfidf import fit_tfidf
from rareearth_nlp.training.calibrate import choose_thresholds, out_of_fold

THRESHOLD = 0.5
"""Of a control without thresholds of its own: its classes are balanced in training, so that scores center there."""

FOLDS = 2
"""In which thresholds are chosen, as the encoder's are."""

ANYTHING = "it"
"""The target that a target-blind control reads, whichever is asked."""


class MajorityClassifier:
    """Gives every sentence the frequencies of the training split, so that it always tags what is most frequent."""

    def __init__(self, train: Labelled) -> None:
        themes = train.themes[train.themed]
        self._themes = themes.mean(axis=0) if len(themes) else np.zeros(train.themes.shape[1], dtype=np.float32)
        counts = np.bincount(train.stances, minlength=len(STANCES))
        self._stance = (counts / max(counts.sum(), 1)).astype(np.float32)

    def score(
        self,
        sentences: Sequence[str],
        targets: Sequence[Sequence[str]],
        contexts: Sequence[str] | None = None,  # noqa: ARG002
        *,
        progress: bool = False,  # noqa: ARG002
    ) -> Scores:
        """Return the same scores for every sentence."""
        size, pairs = len(sentences), sum(map(len, targets))
        themes, stances = np.tile(self._themes, (size, 1)), np.tile(self._stance, (pairs, 1))
        return Scores(themes, stances, np.zeros(size, dtype=np.bool_))


class TargetBlindClassifier:
    """Asks a classifier for the stance toward one and the same target, whichever is asked."""

    def __init__(self, classifier: Scorer) -> None:
        self._classifier = classifier

    def score(
        self,
        sentences: Sequence[str],
        targets: Sequence[Sequence[str]],
        contexts: Sequence[str] | None = None,
        *,
        progress: bool = False,
    ) -> Scores:
        """Return the classifier's scores, the stance the same toward every target."""
        blinded = [[ANYTHING] * len(asked) for asked in targets]
        return self._classifier.score(sentences, blinded, contexts, progress=progress)


def blind(data: Labelled) -> Labelled:
    """Return the data with every target called the same, for training without targets."""
    return replace(data, targets=[ANYTHING] * len(data.targets))


def evaluate_controls(train: Labelled, data: Labelled, schema: LabelSchema, random_seed: int) -> dict[str, Evaluation]:
    """Return how the controls do on annotated sentences, by name; they learn from the training split in seconds.

    Their thresholds are chosen as an encoder's are: on sentences of training whose writers were held out.
    """
    plain = same_threshold(schema.theme_names, THRESHOLD)
    found = {"majority": evaluate(MajorityClassifier(train), data, schema, DecisionRule(thresholds=plain))}
    for name, fit in (("TF-IDF", _fit_sighted), ("TF-IDF, target-blind", _fit_blind)):
        unseen = out_of_fold(train, FOLDS, random_seed, lambda part, _: fit(part, random_seed))  # noqa: B023
        thresholds = choose_thresholds(train, unseen, schema.theme_names) if unseen else plain
        found[name] = evaluate(fit(train, random_seed), data, schema, DecisionRule(thresholds=thresholds))
    return found


def _fit_sighted(train: Labelled, random_seed: int) -> Scorer:
    return fit_tfidf(train, TfidfConfig(family="tfidf"), random_seed)


def _fit_blind(train: Labelled, random_seed: int) -> Scorer:
    return TargetBlindClassifier(_fit_sighted(blind(train), random_seed))
