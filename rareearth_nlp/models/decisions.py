"""From scores to tags: calibration, thresholds, and the higher cuts above which a precision is promised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rareearth_nlp.errors import DataError, ModelError
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.validation import Strict, nearest

SIDES = STANCES[:2]
"""The stance labels that take a side; what takes none is neutral."""

TINY = 1e-7
"""Below it a probability counts as this much, so that its logarithm is finite."""


class Calibration(Strict):
    """Turns a model's scores into probabilities that mean what they say.

    Attributes:
        themes: Slope and offset of each theme's logit: Platt, "Probabilistic Outputs for Support Vector Machines"
            (1999).
        stance_slope: Factor of the logarithms of the stance scores.
        stance_offsets: What is then added for each stance: vector scaling with one factor, Guo et al., "On Calibration
            of Modern Neural Networks" (ICML 2017).
    """

    themes: tuple[tuple[float, float], ...]
    stance_slope: float
    stance_offsets: tuple[float, float, float]

    def apply(self, scores: Scores) -> Scores:
        """Return the scores calibrated."""
        slopes, offsets = np.array(self.themes, dtype=np.float32).T
        themes = sigmoid(slopes * logits(scores.themes) + offsets)
        return replace(scores, themes=themes, stances=self.apply_to_stances(scores.stances))

    def apply_to_stances(self, stances: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return stance scores `[..., 3]` calibrated."""
        logs = self.stance_slope * np.log(np.maximum(stances, TINY)) + np.array(self.stance_offsets)
        return softmax(logs)


class Thresholds(Strict):
    """From which score on a label is tagged.

    Attributes:
        themes: Of each theme.
        favor: Of a favourable stance; None, as for `against`, tags the most probable stance.
        against: Of an adverse one. Where both are reached, the one that exceeds its threshold by the larger factor is.
    """

    themes: dict[str, float]
    favor: float | None = None
    against: float | None = None

    def tag_themes(self, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return which themes are tagged, `[sentences, themes]`."""
        return np.asarray(scores >= np.array(list(self.themes.values()), dtype=np.float32))

    def tag_stances(self, scores: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the place in `STANCES` of what is tagged, `[...]`, for scores `[..., 3]`."""
        if self.favor is None or self.against is None:
            return np.asarray(scores.argmax(axis=-1))
        times = scores[..., : len(SIDES)] / np.array([self.favor, self.against], dtype=np.float32)
        return np.where(times.max(axis=-1) >= 1, times.argmax(axis=-1), STANCES.index("neutral"))

    def changed(self, values: Mapping[str, float]) -> Thresholds:
        """Return the thresholds with some changed.

        Args:
            values: By theme, or `favor` and `against`.

        Raises:
            DataError: A label is unknown, a value is not between 0 and 1, or only one side of stance would have one.
        """
        known = [*self.themes, *SIDES]
        for name, value in values.items():
            if name not in known:
                raise DataError(f"threshold of {name!r}: {nearest(name, known)}")
            if not 0 < value < 1:
                raise DataError(f"threshold of {name!r}: expected a number between 0 and 1, got {value}")
        sides = {side: values.get(side, getattr(self, side)) for side in SIDES}
        if None in sides.values() and any(side in values for side in SIDES):
            raise DataError("expected thresholds for both favor and against: this tagger has none of its own")
        themes = {name: values.get(name, value) for name, value in self.themes.items()}
        return Thresholds(themes=themes, **sides)


def same_threshold(names: Sequence[str], value: float) -> Thresholds:
    """Return one threshold for every theme, and the most probable stance."""
    return Thresholds(themes=dict.fromkeys(names, value))


class Promise(Strict):
    """The score above which the tags of each label have a precision.

    It holds with 90% confidence over corpora like the one trained on, by writers that the model has not seen, and of
    models trained alike: the cuts come from models that each lacked a fold, not from the one that is served.

    Attributes:
        precision: Share of the given tags that is right.
        cuts: By label (themes, `favor`, `against`); None where no cut can be certified at the size of the corpus.
        recall: Share of the positive examples that is still tagged, by label.
    """

    precision: float
    cuts: dict[str, float | None]
    recall: dict[str, float]

    @property
    def uncertified(self) -> list[str]:
        """The labels for which nothing can be promised."""
        return [label for label, cut in self.cuts.items() if cut is None]


class DecisionRule(Strict):
    """How a tagger comes from a model's scores to tags.

    Attributes:
        thresholds: From which probability on a label is tagged.
        calibration: From scores to probabilities; None takes the scores as they are.
        promises: What precisions can be promised, the lowest first.
    """

    thresholds: Thresholds
    calibration: Calibration | None = None
    promises: tuple[Promise, ...] = ()

    def calibrate(self, scores: Scores) -> Scores:
        """Return the scores as probabilities."""
        return self.calibration.apply(scores) if self.calibration else scores

    def promise(self, precision: float) -> Promise:
        """Return the cuts that keep a precision of at least what is asked.

        Raises:
            ModelError: None so high was examined, or none at all.
        """
        if not 0 < precision < 1:
            raise ModelError(f"precision {precision:g}: expected a share between 0 and 1, such as 0.9")
        if not self.promises:
            raise ModelError(
                f"precision {precision:g}: this tagger promises none; train one with calibration.folds=2 (thresholds "
                "changed at call, or a calibration that validation rejected, leave no promise either)"
            )
        for found in self.promises:
            if found.precision >= precision:
                return found
        raise ModelError(
            f"precision {precision:g}: this tagger was examined up to {self.promises[-1].precision:g}; ask for less"
        )


@dataclass(frozen=True)
class Decisions:
    """Tags of a batch, and which of them are withheld.

    Attributes:
        themes: Which themes are tagged, `[sentences, themes]`.
        stances: Place in `STANCES` of each stance, `[pairs]`, also where it is withheld.
        withheld_themes: Which themes reach their threshold, not the promised precision; `[sentences, themes]`.
        withheld_stances: The same of the stances, `[pairs]`.
    """

    themes: NDArray[np.bool_]
    stances: NDArray[np.int64]
    withheld_themes: NDArray[np.bool_]
    withheld_stances: NDArray[np.bool_]


def decide(scores: Scores, thresholds: Thresholds, promise: Promise | None = None) -> Decisions:
    """Return the tags of scores; with a promise, those that cannot keep it are withheld."""
    themes, stances = thresholds.tag_themes(scores.themes), thresholds.tag_stances(scores.stances)
    if promise is None:
        return Decisions(themes, stances, np.zeros_like(themes), np.zeros(stances.shape, dtype=np.bool_))
    cuts = {name: np.inf if cut is None else cut for name, cut in promise.cuts.items()}
    unsure = themes & (scores.themes < np.array([cuts[name] for name in thresholds.themes]))
    doubtful = np.zeros(stances.shape, dtype=np.bool_)
    for place, side in enumerate(SIDES):
        doubtful |= (stances == place) & (scores.stances[..., place] < cuts[side])
    return Decisions(themes & ~unsure, stances, unsure, doubtful)


def logits(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the logarithm of the odds, kept finite."""
    kept = np.clip(scores, TINY, 1 - TINY)
    return np.asarray(np.log(kept / (1 - kept)))


def sigmoid(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probabilities of which these are the logits."""
    return np.asarray(1 / (1 + np.exp(-values)), dtype=np.float32)


def softmax(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probabilities, along the last axis, of which these are the logits."""
    exponentials = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True), dtype=np.float32)
