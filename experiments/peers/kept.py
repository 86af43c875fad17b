"""Where the scores of finished runs are kept: under system, task and seed, and the digest of the corpus."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RUNS = Path(__file__).with_name("runs")
HELD = ("validation", "test")


@dataclass(frozen=True)
class Kept:
    """The scores of a corpus' validation and test splits."""

    corpus_digest: str

    def has(self, name: str, task: str, seed: int) -> bool:
        """Tell whether a run is done."""
        return self._file(name, task, seed).is_file()

    def keep(self, name: str, task: str, seed: int, scores: Mapping[str, NDArray[np.float32]]) -> None:
        """Write the scores of a run."""
        RUNS.mkdir(exist_ok=True)
        file = self._file(name, task, seed)
        new = file.with_suffix(".part.npz")
        np.savez_compressed(new, allow_pickle=False, **{split: np.float32(scores[split]) for split in HELD})
        new.replace(file)
        sys.stderr.write(f"{file.stem}: kept\n")

    def read(self, name: str, task: str) -> Iterator[dict[str, NDArray[np.float32]]]:
        """Yield the scores of each seed, by split."""
        for file in sorted(RUNS.glob(self._file(name, task, "*").name)):
            found = np.load(file)
            yield {split: found[split] for split in HELD}

    def _file(self, name: str, task: str, seed: int | str) -> Path:
        return RUNS / f"{name.replace(' ', '-')}-{task}-{seed}-{self.corpus_digest[:8]}.npz"
