"""The table of the peers: F1 on test by part and label, with paired differences to ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from kept import HELD, Kept
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score
from systems import FEW, OURS, SYSTEMS

from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.corpus.resampling import draws, interval
from rareearth_nlp.evaluation.metrics import document_counts, f1_of_counts
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import SIDES
from rareearth_nlp.training.calibrate import choose_thresholds

PARTS = ("all", "unfamiliar writers", "unseen targets")
FEW_POSITIVES = (8, 16, 64)

Runs = Mapping[str, list[NDArray[np.float64]]]
"""By system and seed F1 by label, `[1 + resamples, labels]`, the test split itself first."""


def write(themes: Sequence[str], splits: Mapping[str, Labelled], kept: Kept) -> None:
    """Write result.md from what is in runs/."""
    lines = []
    for task, labels in (("themes", list(themes)), ("stance", list(SIDES))):
        for part in PARTS if task == "stance" else PARTS[:2]:
            found = {name: _f1s(kept.read(name, task), task, part, splits, themes) for name in (OURS, *SYSTEMS)}
            lines += _table(f"{task}, {part}", {name: runs for name, runs in found.items() if runs}, labels)
    Path(__file__).with_name("result.md").write_text("\n".join([*lines, *_few(splits["test"], kept)]), encoding="utf-8")


def _f1s(
    seeds: Iterable[Mapping[str, NDArray[np.float32]]],
    task: str,
    part: str,
    splits: Mapping[str, Labelled],
    themes: Sequence[str],
) -> list[NDArray[np.float64]]:
    labels = themes if task == "themes" else SIDES
    found = []
    for kept in seeds:
        scores = {split: _scores(kept[split], task, splits[split]) for split in HELD}
        thresholds = choose_thresholds(splits["validation"], scores["validation"], themes)
        counts, writers = document_counts(*_part(splits["test"], scores["test"], part), thresholds)
        stacked = np.stack([counts[label] for label in labels], axis=1)
        resampled = f1_of_counts(np.tensordot(draws(writers), stacked, axes=1))
        found.append(np.concatenate([f1_of_counts(stacked.sum(axis=0))[None], resampled]))
    return found


def _scores(kept: NDArray[np.float32], task: str, data: Labelled) -> Scores:
    """Return the scores of one task, and nothing of the other."""
    themes = kept if task == "themes" else np.zeros_like(data.themes)
    stances = kept if task == "stance" else np.tile(np.array([0, 0, 1], np.float32), (len(data.rows), 1))
    return Scores(themes, stances, np.zeros(len(data.texts), dtype=np.bool_))


def _part(test: Labelled, scores: Scores, part: str) -> tuple[Labelled, Scores]:
    if part == "all":
        return test, scores
    if part == "unseen targets":
        pairs = np.array([seen is False for seen in test.seen])
        return test.pairs(pairs), scores.chosen(np.ones(len(test.texts), dtype=bool), pairs)
    chosen = np.array([origin.familiar is False for origin in test.origins])
    return test.sentences(chosen), scores.chosen(chosen, chosen[test.rows])


def _table(title: str, runs: Runs, labels: Sequence[str]) -> list[str]:
    """Return the lines of a table; differences are of means over seeds, in the same resamples of documents."""
    heads = ["system", "seeds", "mean F1", "95% interval", "range over seeds", "ours above it by", *labels]
    lines = [f"## Test, {title}", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    means = {name: _over_seeds(values) for name, values in runs.items()}
    for name, mean in means.items():
        value = np.nanmean(mean, axis=1)
        seeds = [float(np.nanmean(values[0])) for values in runs[name]]
        span = f"{min(seeds):.3f} to {max(seeds):.3f}" if len(seeds) > 1 else ""
        gain = "" if name == OURS or OURS not in means else _gain(np.nanmean(means[OURS], axis=1) - value)
        cells = [name, str(len(seeds)), f"{value[0]:.3f}", _span(value[1:]), span, gain]
        lines.append(f"| {' | '.join([*cells, *(f'{label:.2f}' for label in mean[0])])} |")
    return [*lines, ""]


def _over_seeds(runs: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the mean over seeds; in each resample they too are drawn with replacement, since they are a sample."""
    values = np.stack(runs)
    count, resamples = values.shape[0], values.shape[1] - 1
    drawn = np.random.default_rng(0).integers(count, size=(count, resamples))
    resampled = values[drawn, np.arange(1, resamples + 1)].mean(axis=0)
    return np.concatenate([values[:, :1].mean(axis=0), resampled])


def _few(test: Labelled, kept: Kept) -> list[str]:
    """Return the lines of the table of few labels: average precision, which needs no threshold, over the draws."""
    lines = []
    for positives in FEW_POSITIVES:
        precisions = {
            name: [average_precision_score(test.themes, run["test"]) for run in kept.read(name, f"few{positives}")]
            for name in FEW
        }
        if any(precisions.values()):
            lines.append(f"| {positives} | {' | '.join(map(_range, precisions.values()))} |")
    title = "## Test, few labels: mean average precision of the themes (range; draws)"
    heads = [f"| positives per theme | {' | '.join(FEW)} |", "|---" * (len(FEW) + 1) + "|"]
    return [title, "", *heads, *lines, ""] if lines else []


def _range(values: Sequence[float]) -> str:
    if len(values) < 2:
        return "".join(f"{value:.3f} (1)" for value in values)
    return f"{np.mean(values):.3f} ({min(values):.3f} to {max(values):.3f}; {len(values)})"


def _span(values: NDArray[np.float64]) -> str:
    return "{:.3f} to {:.3f}".format(*interval(values))


def _gain(values: NDArray[np.float64]) -> str:
    return f"{values[0]:+.3f} ({_span(values[1:])})"
