"""The quality gate: no tagger passes that is worse on the frozen test split than what has been reached."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.corpus.resampling import draws, interval
from rareearth_nlp.errors import ConfigError, DataError
from rareearth_nlp.evaluation.metrics import document_counts, f1_of_counts
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import SIDES, Thresholds
from rareearth_nlp.validation import Strict, read_yaml, validate

DEVIATIONS = 2
"""A floor is the champion's F1 less so many standard deviations over random seeds."""

HEAD = "# Written by `rareearth-nlp gate raise`, never by hand: floors only go up.\n"

Counts = Mapping[str, NDArray[np.float64]]
"""Hits, false tags and misses of each label by document, `[documents, 3]`, as `document_counts` gives them."""


class Floors(Strict):
    """The content of a floors file.

    Attributes:
        test_digest: SHA-256 of the test split that the floors are of.
        champion: Id of the tagger that the floors come from.
        f1: The floor of each theme, and of favor and against; a label that test does not have has none.
        counts: Of the champion, by label: hits, false tags and misses of each document, in the order of their names.
    """

    test_digest: str
    champion: str
    f1: dict[str, float]
    counts: dict[str, str]


def test_digest(test: Labelled) -> str:
    """Return the SHA-256 of a test split: its sentences, labels and origins, and nothing of the training split."""
    origins = [{**asdict(origin), "familiar": None} for origin in test.origins]
    content = [test.texts, test.themes.tolist(), test.rows.tolist(), test.targets, test.stances.tolist(), origins]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def passes(floors: Floors, test: Labelled, scores: Scores, thresholds: Thresholds) -> bool:
    """Tell whether a tagger is nowhere surely below the floors.

    The 95% interval is of the difference to the champion in the same resamples of writers and documents, on top of the
    champion's F1, so that what makes both stumble cancels out; a label fails if the whole interval is below its floor.
    """
    counts, writers = document_counts(test, scores, thresholds)
    times = draws(writers)
    return all(
        _best_case(counts[label], _unpacked(floors.counts[label]), times) >= floor for label, floor in floors.f1.items()
    )


def refuse_other_floors(floors: Floors, test: Labelled, thresholds: Thresholds) -> None:
    """Refuse floors that say nothing of a tagger with these thresholds on this test split.

    Raises:
        DataError: They are of another test split, or of other labels.
    """
    if test_digest(test) != floors.test_digest:
        raise DataError(
            f"the floors are of the test split {floors.test_digest[:12]}, the tagger's corpus has another "
            f"({test_digest(test)[:12]}); set floors of your own: rareearth-nlp gate raise --floors FILE TAGGER TAGGER"
        )
    labels = [*thresholds.themes, *SIDES]
    if set(labels) != set(floors.counts):
        raise DataError(
            f"the floors are of {', '.join(floors.counts)}, the tagger tags {', '.join(labels)}; "
            "set floors of your own: rareearth-nlp gate raise --floors FILE TAGGER TAGGER"
        )


def raised(old: Floors | None, test: Labelled, found: Mapping[str, Counts]) -> Floors:
    """Return floors from taggers that differ in their random seed only; none is lower than it was.

    Args:
        old: The floors so far; those of another test split do not bind.
        test: The test split.
        found: Counts by tagger id. The champion is the tagger with the middle mean F1, so that luck is not made the
            rule, the lower one of two; the old one stays if no floor rises.

    Raises:
        DataError: The champion is below a floor that stands.
    """
    f1 = {name: {label: _f1(values) for label, values in counts.items()} for name, counts in found.items()}
    ranked = sorted(f1, key=lambda name: np.nanmean(list(f1[name].values())))
    champion = ranked[(len(ranked) - 1) // 2]
    spread = {label: float(np.std([values[label] for values in f1.values()], ddof=1)) for label in f1[champion]}
    floors = {
        label: math.floor(1e4 * max(value - DEVIATIONS * spread[label], 0.0)) / 1e4  # never above the champion
        for label, value in f1[champion].items()
        if not np.isnan(value)
    }
    digest = test_digest(test)
    if old and old.test_digest == digest:
        kept = {label: max(floor, old.f1.get(label, 0.0)) for label, floor in floors.items()}
        if kept == old.f1:
            return old
        below = [label for label, floor in kept.items() if floor > f1[champion][label]]
        if below:
            raise DataError(
                f"tagger {champion}, the middle one, is below the floor of {', '.join(below)}, and floors only go up; "
                "train better ones"
            )
        floors = kept
    counts = {label: _packed(values) for label, values in found[champion].items()}
    return Floors(test_digest=digest, champion=champion, f1=floors, counts=counts)


def read_floors(file: Path) -> Floors:
    """Return the floors of a YAML file.

    Raises:
        ConfigError: The file is missing or is no floors file.
    """
    if not file.is_file():
        raise ConfigError(f"{file}: no floors yet; set them with: rareearth-nlp gate raise TAGGER TAGGER ...")
    return validate(Floors, read_yaml(file, ConfigError), str(file), ConfigError)


def write_floors(floors: Floors, file: Path) -> None:
    """Write the floors as YAML."""
    text = HEAD + yaml.safe_dump(floors.model_dump(), sort_keys=False, width=1_000_000)
    file.write_text(text, encoding="utf-8")


def _best_case(counts: NDArray[np.float64], champion: NDArray[np.float64], times: NDArray[np.int64]) -> float:
    gains = f1_of_counts(times @ counts) - f1_of_counts(times @ champion)
    return _f1(champion) + interval(gains)[1]


def _f1(counts: NDArray[np.float64]) -> float:
    return float(f1_of_counts(counts.sum(axis=0)))


def _packed(counts: NDArray[np.float64]) -> str:
    return " ".join(",".join(str(int(value)) for value in row) for row in counts)


def _unpacked(counts: str) -> NDArray[np.float64]:
    return np.array([[float(value) for value in row.split(",")] for row in counts.split()])
