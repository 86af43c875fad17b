"""Where the scores of finished runs are kept."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RUNS = Path(__file__).with_name("runs")
HELD = ("validation", "test")


def is_kept(name: str, task: str, seed: int) -> bool:
    """Tell whether a run is done."""
    return _file(name, task, seed).is_file()


def keep(name: str, task: str, seed: int, scores: Mapping[str, NDArray[np.float32]]) -> None:
    """Write the scores of validation and test, in half precision."""
    RUNS.mkdir(exist_ok=True)
    file = _file(name, task, seed)
    halves = {split: scores[split].astype(np.float16) for split in HELD}
    np.savez_compressed(file, allow_pickle=False, **halves)
    sys.stderr.write(f"{file.stem}: kept\n")


def read(name: str, task: str) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Yield the scores of each seed, by split."""
    for file in sorted(RUNS.glob(_file(name, task, "*").name)):
        found = np.load(file)
        yield {split: found[split].astype(np.float32) for split in HELD}


def _file(name: str, task: str, seed: int | str) -> Path:
    return RUNS / f"{name.replace(' ', '-')}-{task}-{seed}.npz"
