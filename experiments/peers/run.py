"""Is ours better than what people would use? `python experiments/peers/run.py SYSTEM SEED ...`, then `... table`.

SYSTEM is a name of systems.py, in quotes, or `ours` with tagger directories instead of seeds, as `rareearth-nlp train
random_seed=N` writes them; `themes` or `stance` behind the seeds does one task only. `few=8 SYSTEM SEED ...` learns the
themes from a draw of sentences with so many positives of each. A run keeps its scores of validation and test in runs/
and is not done again. `table` chooses thresholds on validation, reads test, and writes result.md; `speed` times an
epoch, and writes speed.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from kept import HELD, Kept
from speed import measure
from systems import FEW, OURS, SYSTEMS
from table import write

from rareearth_nlp.config import load_config
from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.errors import DataError
from rareearth_nlp.evaluation.evaluate import score_labelled
from rareearth_nlp.evaluation.gate import test_digest
from rareearth_nlp.tagging.tagger import Tagger
from rareearth_nlp.tracking import start_run
from rareearth_nlp.training.ingredients import gather

TASKS = ("themes", "stance")


def main(arguments: Sequence[str]) -> None:
    """Do the runs named, or write the table."""
    config = load_config("tfidf")
    ingredients = gather(config)
    splits = {name: ingredients.split(name) for name in ("train", *HELD)}
    kept = Kept(ingredients.corpus_digest)
    if list(arguments) == ["table"]:
        with start_run(config.tracking, "experiment peers") as run:  # a reading of test is on record
            run.log_tags({"split": "test", "test_digest": test_digest(splits["test"])})
            write(ingredients.schema.theme_names, splits, kept)
        return
    if list(arguments) == ["speed"]:
        measure(splits["train"])
        return
    few = [int(word.removeprefix("few=")) for word in arguments if word.startswith("few=")]
    tasks = [task for task in TASKS if task in arguments] or TASKS
    name, *rest = [word for word in arguments if word not in TASKS and not word.startswith("few=")] or [""]
    known = FEW if few else {OURS, *SYSTEMS}
    if name not in known or not rest:
        sys.exit(f"expected table, speed, or one of {', '.join(known)} with seeds; got {' '.join(arguments)!r}")
    if few:
        _run_few(name, few[0], [int(seed) for seed in rest], splits, kept)
    elif name == OURS:
        for folder in rest:
            _keep_ours(Path(folder), splits, kept)
    else:
        for seed in [int(seed) for seed in rest] if SYSTEMS[name].seeded else [0]:
            for task in tasks:
                if not kept.has(name, task, seed):
                    kept.keep(name, task, seed, getattr(SYSTEMS[name], task)(splits, seed))


def _run_few(name: str, positives: int, seeds: Sequence[int], splits: Mapping[str, Labelled], kept: Kept) -> None:
    for seed in seeds:
        if not kept.has(name, f"few{positives}", seed):
            drawn = {**splits, "train": draw(splits["train"], positives, seed)}
            kept.keep(name, f"few{positives}", seed, FEW[name](drawn, seed))


def draw(train: Labelled, positives: int, seed: int) -> Labelled:
    """Return sentences drawn until every theme has so many positives, and as many sentences without any theme."""
    order = np.random.default_rng(seed).permutation(np.flatnonzero(train.themed))
    counts, chosen = np.zeros(train.themes.shape[1]), []
    for row in order:
        own = train.themes[row] == 1
        if (own & (counts < positives)).any():
            counts += own
            chosen.append(row)
    bare = [row for row in order if not (train.themes[row] == 1).any()][: len(chosen)]
    return train.sentences(np.isin(np.arange(len(train.texts)), [*chosen, *bare]))


def _keep_ours(folder: Path, splits: Mapping[str, Labelled], kept: Kept) -> None:
    tagger = Tagger.load(folder)
    seed = tagger.config.random_seed
    if tagger.manifest.provenance.corpus_digest != kept.corpus_digest or tagger.config.model != load_config().model:
        raise DataError(f"{folder}: not trained on the shipped corpus by the shipped recipe")
    if not all(kept.has(OURS, task, seed) for task in TASKS):
        scores = {name: score_labelled(tagger, splits[name]) for name in HELD}
        kept.keep(OURS, "themes", seed, {name: found.themes for name, found in scores.items()})
        kept.keep(OURS, "stance", seed, {name: found.stances for name, found in scores.items()})


if __name__ == "__main__":
    main(sys.argv[1:])
