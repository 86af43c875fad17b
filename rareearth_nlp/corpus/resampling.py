"""Bootstrap over whole documents: sentences of one document resemble each other, documents are what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
INTERVAL = (2.5, 97.5)
"""Percentiles of the bootstrap interval."""


def sum_by_group(values: NDArray[Any], groups: Sequence[str]) -> NDArray[np.int64]:
    """Return the sum of the rows of each group, `[groups, ...]`, groups in the order of their names."""
    names, place = np.unique(np.array(groups, dtype=str), return_inverse=True)
    sums = np.zeros((len(names), *values.shape[1:]), dtype=np.int64)
    np.add.at(sums, place, values)
    return sums


def resample(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the summed counts of bootstrap resamples of the groups on the first axis, `[RESAMPLES, ...]`."""
    size = len(counts)
    if not size:
        return np.zeros((RESAMPLES, *counts.shape[1:]), dtype=np.int64)
    draws = np.random.default_rng(0).multinomial(size, np.full(size, 1 / size), RESAMPLES)
    return np.tensordot(draws, counts, axes=1)


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95% interval of resampled values; undefined ones (NaN) are left out, none defined gives zeros."""
    defined = values[~np.isnan(values)]
    low, high = np.percentile(defined, INTERVAL) if defined.size else (0.0, 0.0)
    return float(low), float(high)
