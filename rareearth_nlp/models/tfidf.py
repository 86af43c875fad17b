"""TF-IDF features and one-vs-rest logistic regression: the baseline that trains in seconds."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rareearth_nlp.config import TfidfConfig
from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.errors import ConfigError, ModelError
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.contract import Scores

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

_UNBROKEN = r"\S+"

# scikit-learn's stand-in for a theme that no training sentence carries
_TRUSTED = ["sklearn.multiclass._ConstantPredictor"]

FEW_TEXTS = 20
"""Of fewer, every word counts."""

THEMES_FILE, STANCE_FILE = "themes.skops", "stance.skops"


class TfidfClassifier:
    """Two scikit-learn pipelines: one for themes, one for the stance of a sentence toward a target.

    A task that no sentence is annotated for has no pipeline: no theme is then tagged, and every stance is neutral.
    """

    family = "tfidf"

    def __init__(self, names: int, themes: Pipeline | None, stance: Pipeline | None) -> None:
        self._names = names
        self._themes = themes
        self._stance = stance

    def score(
        self,
        sentences: Sequence[str],
        targets: Sequence[Sequence[str]],
        contexts: Sequence[str] | None = None,  # noqa: ARG002
        *,
        progress: bool = False,  # noqa: ARG002
    ) -> Scores:
        """Return the scores; contexts are not read, nothing is ever truncated, and seconds need no progress bar."""
        texts = list(sentences)
        themes = np.zeros((len(texts), self._names), dtype=np.float32)
        if self._themes is not None and texts:
            # of a single theme scikit-learn gives both sides
            themes = np.asarray(self._themes.predict_proba(texts), dtype=np.float32)[:, -self._names :]
        pairs = [crossed(text, target) for text, asked in zip(texts, targets, strict=True) for target in asked]
        stances = np.zeros((len(pairs), len(STANCES)), dtype=np.float32)
        if self._stance is None:
            stances[:, STANCES.index("neutral")] = 1
        elif pairs:
            stances[:, self._stance[-1].classes_] = self._stance.predict_proba(pairs)
        return Scores(themes, stances, np.zeros(len(texts), dtype=np.bool_))

    def save(self, folder: Path) -> None:
        """Write the pipelines as skops files, which can be audited before loading."""
        import skops.io

        for pipeline, name in ((self._themes, THEMES_FILE), (self._stance, STANCE_FILE)):
            if pipeline is not None:
                skops.io.dump(pipeline, folder / name)

    @classmethod
    def load(cls, folder: Path, themes: int) -> TfidfClassifier:
        """Return the classifier in the folder.

        Raises:
            ModelError: A file holds other types than the ones this family writes.
        """
        import skops.io

        def read(name: str) -> Any:
            if not (folder / name).is_file():
                return None
            unexpected = sorted(set(skops.io.get_untrusted_types(file=folder / name)) - set(_TRUSTED))
            if unexpected:
                raise ModelError(f"{folder / name}: holds the unexpected type {unexpected[0]}; do not load it")
            return skops.io.load(folder / name, trusted=_TRUSTED)

        return cls(themes, read(THEMES_FILE), read(STANCE_FILE))


def fit_tfidf(train: Labelled, settings: TfidfConfig, random_seed: int) -> TfidfClassifier:
    """Return a classifier fitted on the annotated sentences; sentences without themes only teach stance."""
    known = train.themed
    texts = [text for text, use in zip(train.texts, known, strict=True) if use]
    themes = stance = None
    if texts:
        themes = _pipeline(settings, random_seed, len(texts), one_vs_rest=True)
        _fit(themes, texts, train.themes[known].astype(int))
    pairs = [crossed(train.texts[row], target) for row, target in zip(train.rows, train.targets, strict=True)]
    if pairs:
        stance = _pipeline(settings, random_seed, len(pairs), one_vs_rest=False)
        _fit(stance, *_with_every_label(pairs, train.stances))
    return TfidfClassifier(train.themes.shape[1], themes, stance)


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


def _fit(pipeline: Pipeline, texts: list[str], labels: NDArray[Any]) -> None:
    """Fit a pipeline.

    Raises:
        ConfigError: No word is in as many texts as are asked for.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Label not")  # a theme that all or no texts have is fine
            pipeline.fit(texts, labels)
    except ValueError as problem:
        if not str(problem).startswith(("max_df corresponds to", "After pruning, no terms remain")):
            raise
        asked = pipeline[0].min_df
        raise ConfigError(
            f"model.min_documents={asked}: no word is in so many of {len(texts)} texts; set a lower one"
        ) from None


def _pipeline(settings: TfidfConfig, random_seed: int, texts: int, *, one_vs_rest: bool) -> Pipeline:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline

    min_documents = settings.min_documents if texts >= FEW_TEXTS else 1
    regression = LogisticRegression(
        C=settings.regularization, class_weight="balanced", max_iter=1000, random_state=random_seed
    )
    if one_vs_rest:
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=min_documents, sublinear_tf=True)
        return make_pipeline(words, OneVsRestClassifier(regression))
    words = TfidfVectorizer(token_pattern=_UNBROKEN, lowercase=False, min_df=min_documents, sublinear_tf=True)
    return make_pipeline(words, regression)
