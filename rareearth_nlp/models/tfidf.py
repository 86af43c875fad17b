"""TF-IDF features and one-vs-rest logistic regression: the baseline that trains in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rareearth_nlp.config import TfidfConfig
from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.errors import ModelError
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.contract import Scores

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

_UNBROKEN = r"\S+"

# scikit-learn's stand-in for a theme that no training sentence carries
_TRUSTED = ["sklearn.multiclass._ConstantPredictor"]

THEMES_FILE, STANCE_FILE = "themes.skops", "stance.skops"


class TfidfClassifier:
    """Two scikit-learn pipelines: one for themes, one for the stance of a sentence toward a target."""

    family = "tfidf"

    def __init__(self, themes: Pipeline, stance: Pipeline) -> None:
        self._themes = themes
        self._stance = stance

    def score(self, sentences: Sequence[str], targets: Sequence[str], *, progress: bool = False) -> Scores:  # noqa: ARG002
        """Return the scores; nothing is ever truncated, and seconds need no progress bar."""
        texts = list(sentences)
        shape = (len(texts), len(targets), len(STANCES))
        if not texts:
            width = self._themes[-1].classes_.shape[0]
            return Scores(np.zeros((0, width), np.float32), np.zeros(shape, np.float32), np.zeros(0, np.bool_))
        themes = np.asarray(self._themes.predict_proba(texts), dtype=np.float32)
        stances = np.zeros(shape, dtype=np.float32)
        for column, target in enumerate(targets):
            found = self._stance.predict_proba([crossed(text, target) for text in texts])
            stances[:, column, self._stance[-1].classes_] = found
        return Scores(themes, stances, np.zeros(len(texts), dtype=np.bool_))

    def save(self, folder: Path) -> None:
        """Write the two pipelines as skops files, which can be audited before loading."""
        import skops.io

        skops.io.dump(self._themes, folder / THEMES_FILE)
        skops.io.dump(self._stance, folder / STANCE_FILE)

    @classmethod
    def load(cls, folder: Path) -> TfidfClassifier:
        """Return the classifier in the folder.

        Raises:
            ModelError: A file holds other types than the ones this family writes.
        """
        import skops.io

        def read(name: str) -> Any:
            unexpected = sorted(set(skops.io.get_untrusted_types(file=folder / name)) - set(_TRUSTED))
            if unexpected:
                raise ModelError(f"{folder / name}: holds the unexpected type {unexpected[0]}; do not load it")
            return skops.io.load(folder / name, trusted=_TRUSTED)

        return cls(read(THEMES_FILE), read(STANCE_FILE))


def fit_tfidf(train: Labelled, settings: TfidfConfig, random_seed: int) -> TfidfClassifier:
    """Return a classifier fitted on the annotated sentences; sentences without themes only teach stance."""
    known = train.themed
    texts = [text for text, use in zip(train.texts, known, strict=True) if use]
    themes = _pipeline(settings, random_seed, one_vs_rest=True)
    themes.fit(texts, train.themes[known].astype(int))
    stance = _pipeline(settings, random_seed, one_vs_rest=False)
    pairs = [crossed(train.texts[row], target) for row, target in zip(train.rows, train.targets, strict=True)]
    stance.fit(*_with_every_label(pairs, train.stances))
    return TfidfClassifier(themes, stance)


def crossed(sentence: str, target: str) -> str:
    """Return the sentence's words, once as they are and once tied to the target.

    The plain copy carries over to targets never seen, the tied one learns what a word means for this target: the
    feature augmentation of Daumé III, "Frustratingly Easy Domain Adaptation" (ACL 2007).
    """
    words = sentence.casefold().split()
    tie = "_".join(target.casefold().split())
    named = " ".join(target.casefold().split()) in " ".join(words)
    return " ".join([*words, *(f"{tie}|{word}" for word in words), f"{tie}|", "named|" if named else "unnamed|"])


def _with_every_label(pairs: list[str], labels: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int64]]:
    """Return the pairs with an empty one for each stance label that a regression would otherwise not know."""
    missing = sorted(set(range(len(STANCES))) - set(labels.tolist()))
    return pairs + [""] * len(missing), np.concatenate([labels, np.array(missing, dtype=np.int64)])


def _pipeline(settings: TfidfConfig, random_seed: int, *, one_vs_rest: bool) -> Pipeline:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline

    regression = LogisticRegression(
        C=settings.regularization, class_weight="balanced", max_iter=1000, random_state=random_seed
    )
    if one_vs_rest:
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=settings.min_documents, sublinear_tf=True)
        return make_pipeline(words, OneVsRestClassifier(regression))
    words = TfidfVectorizer(token_pattern=_UNBROKEN, lowercase=False, min_df=settings.min_documents, sublinear_tf=True)
    return make_pipeline(words, regression)
