"""How long an epoch takes, ours beside the Trainer's defaults, in turn: the same sentences, none with its context.

Loading and tokenizing are included. The Trainer learns every pair, where the one of systems.py draws some of the
neutral ones. Ours computes in bf16 where the processor does, the Trainer by its defaults in fp32.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from systems import fit_ours, fit_trainer, pair_texts, unpaired

from rareearth_nlp.corpus.dataset import Labelled

SENTENCES, REPEATS = 640, 3
ONE_EPOCH = ("model.epochs=1", "model.min_steps=1", "model.context=false")


def measure(train: Labelled) -> None:
    """Time the ways, and write speed.md: seconds (least to most) and how many times faster ours are."""
    drawn = np.random.default_rng(0).permutation(len(train.texts))[:SENTENCES]
    part = train.sentences(np.isin(np.arange(len(train.texts)), drawn))
    tasks: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "themes": (lambda: _theirs_on_themes(part), lambda: fit_ours(unpaired(part), 0, ONE_EPOCH)),
        "themes and stance": (lambda: _theirs(part), lambda: fit_ours(part, 0, ONE_EPOCH)),
    }
    lines = ["| an epoch of | the Trainer, seconds | ours, seconds | times as fast |", "|---|---|---|---|"]
    for task, ways in tasks.items():
        for way in ways:
            way()  # what is loaded once is not timed
        theirs, ours = zip(*([_seconds(way) for way in ways] for _ in range(REPEATS)), strict=True)
        ratio = statistics.median(slow / fast for slow, fast in zip(theirs, ours, strict=True))
        lines.append(f"| {SENTENCES} sentences, {task} | {_spread(theirs)} | {_spread(ours)} | {ratio:.1f} |")
        sys.stderr.write(f"{lines[-1]}\n")
    Path(__file__).with_name("speed.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _theirs_on_themes(part: Labelled) -> None:
    fit_trainer([part.texts], part.themes.tolist(), 0, num_train_epochs=1)


def _theirs(part: Labelled) -> None:
    _theirs_on_themes(part)
    fit_trainer(pair_texts(part), part.stances.tolist(), 0, num_train_epochs=1)


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _spread(values: tuple[float, ...]) -> str:
    return f"{statistics.median(values):.0f} ({min(values):.0f} to {max(values):.0f})"
