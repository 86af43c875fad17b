"""Bootstrap over writers and their documents: sentences of one document, and of one hand, resemble each other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
INTERVAL = (2.5, 97.5)
"""Percentiles of the bootstrap interval."""


def sum_by_group(values: NDArray[Any], groups: Sequence[str]) -> NDArray[Any]:
    """Return the sum of the rows of each group, `[groups, ...]`, groups in the order of their names."""
    names, place = np.unique(np.array(groups, dtype=str), return_inverse=True)
    sums = np.zeros((len(names), *values.shape[1:]), dtype=values.dtype if values.dtype.kind == "f" else np.int64)
    np.add.at(sums, place, values)
    return sums


def draws(groups: Sequence[str], resamples: int = RESAMPLES, random_seed: int = 0) -> NDArray[np.int64]:
    """Return how often each document is drawn in each bootstrap resample, `[resamples, documents]`.

    Groups are drawn with replacement, then as many documents as each drawn group has: the two-stage cluster bootstrap
    of Davison and Hinkley, "Bootstrap Methods and their Application" (1997), section 3.8. Groups of one document each
    make it the plain bootstrap.

    Args:
        groups: The group of each document, in the order of the documents.
        resamples: How many to draw.
        random_seed: Of the draw.
    """
    return _draws(tuple(groups), resamples, random_seed)


@lru_cache(maxsize=16)
def _draws(groups: tuple[str, ...], resamples: int, random_seed: int) -> NDArray[np.int64]:
    random = np.random.default_rng(random_seed)
    times = np.zeros((resamples, len(groups)), dtype=np.int64)
    if not len(groups):
        return times
    _, place = np.unique(np.array(groups, dtype=str), return_inverse=True)
    count = int(place.max()) + 1
    chosen = random.multinomial(count, np.full(count, 1 / count), resamples)
    for group in range(count):
        members = np.flatnonzero(place == group)
        size = len(members)
        times[:, members] = random.multinomial(chosen[:, group] * size, np.full(size, 1 / size))
    times.setflags(write=False)  # it is shared
    return times


def resample(counts: NDArray[Any], groups: Sequence[str] | None = None) -> NDArray[Any]:
    """Return the summed counts of bootstrap resamples of the documents on the first axis, `[RESAMPLES, ...]`.

    Args:
        counts: `[documents, ...]`.
        groups: The group of each document; None draws documents alone.
    """
    own = [str(number) for number in range(len(counts))] if groups is None else groups
    return np.tensordot(draws(own), counts, axes=1)


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95% interval of resampled values; undefined ones (NaN) are left out, none defined gives zeros."""
    defined = values[~np.isnan(values)]
    low, high = np.percentile(defined, INTERVAL) if defined.size else (0.0, 0.0)
    return float(low), float(high)
