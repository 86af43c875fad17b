"""Is ours better than what people would use? `python experiments/peers/run.py SYSTEM SEED ...`, then `... table`.

SYSTEM is a name of systems.py, in quotes, or `ours` with tagger directories instead of seeds, as `rareearth-nlp train
random_seed=N` writes them. Each run keeps its scores of validation and test in runs/ and is not done again. `table`
chooses every system's thresholds on validation, and writes result.md: F1 on test, and paired differences to ours.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from systems import SYSTEMS

from rareearth_nlp.config import load_config
from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.corpus.resampling import draws, interval
from rareearth_nlp.errors import DataError
from rareearth_nlp.evaluation.evaluate import score_labelled
from rareearth_nlp.evaluation.metrics import document_counts, f1_of_counts
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import SIDES
from rareearth_nlp.tagging.tagger import Tagger
from rareearth_nlp.training.calibrate import choose_thresholds
from rareearth_nlp.training.train import Ingredients, gather

FOLDER = Path(__file__).parent
RUNS = FOLDER / "runs"
OURS = "ours"
HELD = ("validation", "test")
PARTS = ("all", "unfamiliar writers", "unseen targets")


def main(arguments: Sequence[str]) -> None:
    """Do the runs named, or write the table."""
    ingredients = gather(load_config("tfidf"))
    splits = {name: ingredients.split(name) for name in ("train", *HELD)}
    if list(arguments) == ["table"]:
        _write(ingredients, splits)
        return
    name, *rest = arguments or [""]
    if name == OURS:
        for folder in rest:
            _keep_ours(Path(folder), ingredients, splits)
        return
    if name not in SYSTEMS:
        sys.exit(f"expected table, {OURS}, {', '.join(SYSTEMS)}; got {name!r}")
    for seed in [int(seed) for seed in rest] if SYSTEMS[name].seeded else [0]:
        if not _file(name, seed).is_file():
            _keep(name, seed, SYSTEMS[name].run(splits, seed))


def _keep_ours(folder: Path, ingredients: Ingredients, splits: Mapping[str, Labelled]) -> None:
    tagger = Tagger.load(folder)
    if tagger.manifest.provenance.corpus_digest != ingredients.corpus_digest:
        raise DataError(f"{folder}: trained on another corpus than the shipped one")
    if not _file(OURS, tagger.config.random_seed).is_file():
        _keep(OURS, tagger.config.random_seed, {name: score_labelled(tagger, splits[name]) for name in HELD})


def _file(name: str, seed: int) -> Path:
    return RUNS / f"{name.replace(' ', '-')}-{seed}.npz"


def _keep(name: str, seed: int, scores: Mapping[str, Scores]) -> None:
    RUNS.mkdir(exist_ok=True)
    parts = {f"{split}_themes": scores[split].themes.astype(np.float16) for split in HELD}
    parts |= {f"{split}_stances": scores[split].stances.astype(np.float16) for split in HELD}
    np.savez_compressed(_file(name, seed), **parts)
    sys.stderr.write(f"{name}, seed {seed}: kept\n")


def _kept(file: Path) -> dict[str, Scores]:
    found = np.load(file)
    none = np.zeros(0, dtype=np.bool_)
    return {
        split: Scores(found[f"{split}_themes"].astype(np.float32), found[f"{split}_stances"].astype(np.float32), none)
        for split in HELD
    }


def _write(ingredients: Ingredients, splits: Mapping[str, Labelled]) -> None:
    names = ingredients.schema.theme_names
    lines = []
    for part in PARTS:
        runs = {name: _f1s(name, part, splits, names) for name in (OURS, *SYSTEMS)}
        lines += _table(part, {name: values for name, values in runs.items() if values}, [*names, *SIDES])
    (FOLDER / "result.md").write_text("\n".join(lines), encoding="utf-8")


def _f1s(name: str, part: str, splits: Mapping[str, Labelled], names: Sequence[str]) -> list[NDArray[np.float64]]:
    """Return for each seed of a system F1 by label, `[1 + resamples, labels]`, the test split itself first."""
    found = []
    for file in sorted(RUNS.glob(f"{name.replace(' ', '-')}-*.npz")):
        scores = _kept(file)
        thresholds = choose_thresholds(splits["validation"], scores["validation"], names)
        data, chosen = _part(splits["test"], scores["test"], part)
        counts, writers = document_counts(data, chosen, thresholds)
        stacked = np.stack([counts[label] for label in (*names, *SIDES)], axis=1)
        resampled = f1_of_counts(np.tensordot(draws(writers), stacked, axes=1))
        found.append(np.concatenate([f1_of_counts(stacked.sum(axis=0))[None], resampled]))
    return found


def _part(test: Labelled, scores: Scores, part: str) -> tuple[Labelled, Scores]:
    if part == "unseen targets":
        pairs = np.array([seen is False for seen in test.seen])
        return test.pairs(pairs), Scores(scores.themes, scores.stances[pairs], scores.truncated)
    if part == "all":
        return test, scores
    chosen = np.array([origin.familiar is False for origin in test.origins])
    kept = Scores(scores.themes[chosen], scores.stances[chosen[test.rows]], scores.truncated)
    return test.sentences(chosen), kept


def _table(part: str, runs: Mapping[str, list[NDArray[np.float64]]], labels: Sequence[str]) -> list[str]:
    """Return the table of a part of test; the differences are of means over seeds, in the same resamples."""
    groups = {"themes": slice(0, len(labels) - len(SIDES)), "favor and against": slice(len(labels) - len(SIDES), None)}
    if part == "unseen targets":
        groups, labels = {"favor and against": groups["favor and against"]}, labels[-len(SIDES) :]
    means = {name: np.mean(values, axis=0) for name, values in runs.items()}
    heads = ["system", "seeds"]
    for group in groups:
        heads += [group, "95% interval", "ours above it by"]
    lines = [f"## Test, {part}", "", f"| {' | '.join([*heads, *labels])} |", "|---" * (len(heads) + len(labels)) + "|"]
    for name, mean in means.items():
        cells = [name, str(len(runs[name]))]
        for columns in groups.values():
            value = np.nanmean(mean[:, columns], axis=1)
            ours = np.nanmean(means[OURS][:, columns], axis=1) if OURS in means else value
            cells += [f"{value[0]:.3f}", _span(value[1:]), "" if name == OURS else _gain(ours - value)]
        values = mean[0, -len(labels) :]
        lines.append(f"| {' | '.join([*cells, *(f'{value:.2f}' for value in values)])} |")
    return [*lines, ""]


def _span(values: NDArray[np.float64]) -> str:
    return "{:.3f} to {:.3f}".format(*interval(values))


def _gain(values: NDArray[np.float64]) -> str:
    return f"{values[0]:+.3f} ({_span(values[1:])})"


if __name__ == "__main__":
    main(sys.argv[1:])
