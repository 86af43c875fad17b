"""Whether a score of .3 is right three times in ten."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LOWEST = 0.1
"""Scores below are left out: a rare label's many tiny scores make any calibration error small, and prove nothing."""

BINS = 10
SIMULATIONS = 200
AT_ONCE = 10
"""Simulations that are held in memory together."""


@dataclass(frozen=True)
class CalibrationError:
    """The expected calibration error of scores of at least `LOWEST`, in `BINS` bins of like size.

    Attributes:
        error: Mean distance of score and frequency over the bins, Naeini et al., "Obtaining Well Calibrated
            Probabilities Using Bayesian Binning" (AAAI 2015); None without such scores.
        perfect: What the error of perfectly calibrated scores would be at this size, on average: a small sample makes
            frequencies stray by chance.
        count: How many scores there are.
    """

    error: float | None
    perfect: float | None
    count: int


def calibration_error(truth: NDArray[np.bool_], scores: NDArray[np.float32]) -> CalibrationError:
    """Return the calibration error of scores `[examples]` against what is true."""
    parts = bins(scores)
    if not parts:
        return CalibrationError(None, None, 0)
    order, sizes = np.concatenate(parts), np.array([len(part) for part in parts])
    sorted_scores = scores[order]
    random = np.random.default_rng(0)
    simulated = [
        _errors(random.random((AT_ONCE, len(order))) < sorted_scores, sorted_scores, sizes)
        for _ in range(SIMULATIONS // AT_ONCE)
    ]
    error = _errors(truth[None, order], sorted_scores, sizes)[0]
    return CalibrationError(float(error), float(np.mean(simulated)), len(order))


def bins(scores: NDArray[np.float32]) -> list[NDArray[np.int64]]:
    """Return the places of scores of at least `LOWEST`, ascending, in bins of like size."""
    order = np.argsort(scores, kind="stable")
    order = order[scores[order] >= LOWEST]
    return [part for part in np.array_split(order, BINS) if len(part)]


def _errors(truths: NDArray[np.bool_], scores: NDArray[np.float32], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the error of the scores `[examples]` against each of several truths, `[truths, examples]`."""
    starts = np.cumsum(sizes) - sizes
    strays = np.add.reduceat(truths - scores.astype(np.float64), starts, axis=1)
    return np.asarray(np.abs(strays).sum(axis=1) / sizes.sum())
