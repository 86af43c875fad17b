"""The quality gate: no tagger passes that is worse on the frozen test split than what has been reached."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.corpus.resampling import draws, interval
from rareearth_nlp.errors import ConfigError, DataError
from rareearth_nlp.evaluation.metrics import document_counts, f1_of_counts
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import Thresholds
from rareearth_nlp.validation import Strict, read_yaml, validate

DEVIATIONS = 2
"""A floor is the champion's F1 less so many standard deviations over random seeds."""


class Floors(Strict):
    """The content of a floors file.

    Attributes:
        corpus_digest: SHA-256 of the corpus whose test split the floors are of.
        champion: Id of the tagger that the floors come from.
        f1: The floor of each theme, and of favor and against.
    """

    corpus_digest: str
    champion: str
    f1: dict[str, float]


class Reading:
    """A tagger's tags of the test split, ready to be compared and not to be looked at."""

    def __init__(self, data: Labelled, scores: Scores, thresholds: Thresholds) -> None:
        counts, writers = document_counts(data, scores, thresholds)
        times = draws(writers)
        self._whole = {name: float(f1_of_counts(values.sum(axis=0))) for name, values in counts.items()}
        self._resampled = {name: f1_of_counts(times @ values) for name, values in counts.items()}

    def f1(self) -> dict[str, float]:
        """Return F1 by label; for raising floors, not for choosing taggers."""
        return dict(self._whole)

    def best_case(self, champion: Reading | None) -> dict[str, float]:
        """Return the upper end of each label's 95% interval of F1.

        With a champion, the interval is of the difference to it in the same resamples, on top of the champion's F1:
        what makes both stumble cancels out.
        """
        if champion is None:
            return {name: interval(values)[1] for name, values in self._resampled.items()}
        gains: dict[str, NDArray[np.float64]] = {
            name: values - champion._resampled[name] for name, values in self._resampled.items()
        }
        return {name: champion._whole[name] + interval(values)[1] for name, values in gains.items()}


def read_floors(file: Path) -> Floors:
    """Return the floors of a YAML file.

    Raises:
        ConfigError: The file is missing or is no floors file.
    """
    return validate(Floors, read_yaml(file, ConfigError), str(file), ConfigError)


def passes(floors: Floors, reading: Reading, champion: Reading | None = None) -> bool:
    """Tell whether no label's interval lies below its floor.

    Raises:
        DataError: The floors are of other labels than the reading.
    """
    best = reading.best_case(champion)
    if best.keys() != floors.f1.keys():
        raise DataError(
            f"the floors are of {', '.join(floors.f1)}, the tagger tags {', '.join(best)}; "
            "set new floors with: rareearth-nlp gate raise"
        )
    return all(np.isnan(best[name]) or best[name] >= floor for name, floor in floors.f1.items())


def raised(old: Floors | None, corpus_digest: str, readings: Mapping[str, Reading]) -> Floors:
    """Return floors from taggers that differ in their random seed only; none is lower than it was.

    Args:
        old: The floors so far; those of another corpus do not bind.
        corpus_digest: Of the corpus read.
        readings: By tagger id, at least two. The champion is the one with the middle mean F1, so that luck is not made
            the rule.

    Raises:
        DataError: There are fewer than two.
    """
    if len(readings) < 2:
        raise DataError(
            f"expected taggers of at least two random seeds, got {len(readings)}; train with random_seed=14"
        )
    ranked = sorted(readings, key=lambda name: _mean(readings[name].f1()))
    champion = ranked[len(ranked) // 2]
    kept = old.f1 if old and old.corpus_digest == corpus_digest else {}
    floors = {}
    for name, value in readings[champion].f1().items():
        spread = statistics.stdev(reading.f1()[name] for reading in readings.values())
        floors[name] = round(max(kept.get(name, 0.0), value - DEVIATIONS * spread, 0.0), 4)
    return Floors(corpus_digest=corpus_digest, champion=champion, f1=floors)


def write_floors(floors: Floors, file: Path) -> None:
    """Write the floors as YAML."""
    head = "# Written by `rareearth-nlp gate raise`, never by hand: floors only go up.\n"
    file.write_text(head + yaml.safe_dump(floors.model_dump(), sort_keys=False), encoding="utf-8")


def _mean(values: Mapping[str, float]) -> float:
    known: Sequence[float] = [value for value in values.values() if not np.isnan(value)]
    return statistics.mean(known) if known else 0.0
