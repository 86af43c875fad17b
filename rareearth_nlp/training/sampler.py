"""The order in which a training meets its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler


class LengthBatches(Sampler[int]):
    """Rows of like length together, so that little is padded, and the batches in random order.

    The Trainer's own grouping by length goes from the longest rows to the shortest, again and again: the headings come
    last, and a short training ends on them.

    Args:
        lengths: Tokens of each row.
        batch_size: Rows of a batch.
        random_seed: Of the order.
        twins: The second half of the rows is the first half in another form. Each row then comes once before its twin
            does, in the one form or the other, but for the few that fill no batch and come last.
    """

    POOL = 50
    """Batches that are sorted together."""

    def __init__(self, lengths: Sequence[int], batch_size: int, random_seed: int, *, twins: bool = False) -> None:
        self._lengths = np.asarray(lengths)
        self._batch_size = batch_size
        self._seed = random_seed
        self._twins = twins
        self._epoch = 0

    def __len__(self) -> int:
        return len(self._lengths)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch; its order depends on nothing else, so that a resumed training finds it again."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        draw = np.random.default_rng((self._seed, self._epoch))
        left: list[int] = []
        for rows in self._passes(draw):
            ordered = self._ordered(rows, draw)
            whole = len(ordered) // self._batch_size * self._batch_size
            batches = ordered[:whole].reshape(-1, self._batch_size)
            yield from draw.permutation(batches).ravel().tolist()
            left += ordered[whole:].tolist()  # at the end, lest later batches begin in the middle of others
        yield from left

    def _passes(self, draw: np.random.Generator) -> Iterator[NDArray[np.int64]]:
        rows = np.arange(len(self))
        if not self._twins:
            yield rows
            return
        first, second = np.split(rows, 2)
        chosen = draw.random(len(first)) < 0.5
        yield np.where(chosen, first, second)
        yield np.where(chosen, second, first)

    def _ordered(self, rows: NDArray[np.int64], draw: np.random.Generator) -> NDArray[np.int64]:
        order = draw.permutation(rows)
        size = self.POOL * self._batch_size
        pools = [order[start : start + size] for start in range(0, len(order), size)]
        return np.concatenate([pool[np.argsort(self._lengths[pool], kind="stable")] for pool in pools])
