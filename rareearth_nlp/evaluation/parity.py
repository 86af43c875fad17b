"""How far another engine or precision is from the one it stands in for."""

from __future__ import annotations

import numpy as np

from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import Thresholds
from rareearth_nlp.validation import Strict


class Parity(Strict):
    """What differs on the same sentences.

    Attributes:
        sentences: How many were compared.
        largest: Largest difference of a score.
        mean: Mean difference of scores.
        decisions: Share of the decisions, each theme and each target of each sentence, that differ.
        touched: Share of the sentences in which any decision differs.
        fp32_layers: Layers that were left in fp32.
        source: The id of the tagger that it stands in for.
    """

    sentences: int
    largest: float
    mean: float
    decisions: float
    touched: float
    fp32_layers: tuple[int, ...] = ()
    source: str | None = None


def compare(first: Scores, second: Scores, asked: list[list[str]], thresholds: Thresholds) -> Parity:
    """Return how two scorings of the same sentences differ.

    Args:
        first: Calibrated scores.
        second: Those of the other engine.
        asked: The targets of each sentence.
        thresholds: Decide.
    """
    differences = [np.abs(first.themes - second.themes).ravel(), np.abs(first.stances - second.stances).ravel()]
    themes = thresholds.tag_themes(first.themes) != thresholds.tag_themes(second.themes)
    stances = thresholds.tag_stances(first.stances) != thresholds.tag_stances(second.stances)
    rows = np.repeat(np.arange(len(asked)), [len(targets) for targets in asked])
    touched = themes.any(axis=1)
    touched[rows[stances]] = True
    every = np.concatenate(differences)
    return Parity(
        sentences=len(asked),
        largest=float(every.max(initial=0.0)),
        mean=float(every.mean()) if every.size else 0.0,
        decisions=float(themes.sum() + stances.sum()) / max(themes.size + stances.size, 1),
        touched=float(touched.mean()) if len(touched) else 0.0,
    )
