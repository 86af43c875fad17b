"""Is our theme training sound? `python experiments/goemotions/run.py DATA SEED ... [tune] [key=value ...]`.

Fine-tunes the encoder on GoEmotions (28 labels, one or several per comment) for comparison with published scores. DATA
is a folder with train, validation and test .jsonl, or a hub id with the same columns. `tune` leaves the test split
unread. A run is a line in runs/ and is not done again; `table` instead of DATA writes result.md.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from datasets import load_dataset
from numpy.typing import NDArray

from rareearth_nlp.config import load_config
from rareearth_nlp.corpus.dataset import Labelled, Origin
from rareearth_nlp.evaluation.evaluate import score_labelled
from rareearth_nlp.evaluation.metrics import TaskMetrics, theme_metrics
from rareearth_nlp.models.decisions import Thresholds, same_threshold
from rareearth_nlp.models.weights import find_weights
from rareearth_nlp.training.finetune import finetune

FOLDER = Path(__file__).parent
RECIPE = ("model.epochs=3", "model.learning_rate=1e-4", "model.head_learning_rate=5e-4")
FIXED = 0.3
"""The threshold that the code behind both published scores sets for every label."""
GRID = np.arange(1, 20) / 20
THRESHOLDS = {"fixed": f"{FIXED} for all", "tuned": "per label, from validation"}
PUBLISHED = (("published: BERT-base, the paper", "46"), ("published: BERT-base, monologg/GoEmotions-pytorch", "50.3"))
"""Macro-F1 on test."""


def main(arguments: Sequence[str]) -> None:
    """Do the runs of the seeds named, or write the table."""
    if list(arguments) == ["table"]:
        _write(_finished())
        return
    source, *options = arguments or [""]
    seeds = [int(option) for option in options if option.isdecimal()]
    words = ["tune"] if "tune" in options else []
    overrides = sorted(option for option in options if "=" in option)
    # a misspelt `tune` must not read the test split
    if not seeds or len(seeds) + len(words) + len(overrides) < len(options):
        sys.exit(f"expected table, or DATA SEED ... [tune] [key=value ...], got {' '.join(arguments)!r}")
    name = " ".join([*words, *map(_shown, overrides)]) or "recipe"
    file = FOLDER / "runs" / f"{re.sub(r'[^a-zA-Z0-9.=-]+', '_', name)}.jsonl"
    file.parent.mkdir(exist_ok=True)
    labels, data = _load(source, ("train", "validation") if words else ("train", "validation", "test"))
    for seed in seeds:
        if seed in {row["seed"] for row in _lines(file)}:
            continue
        row = {"name": name, "seed": seed, "overrides": list(map(_shown, overrides))}
        row |= _run(data, labels, overrides, seed)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
        sys.stderr.write(f"{row}\n")


def _shown(override: str) -> str:
    """Return the override without the place of a local folder: results are read on other machines."""
    key, _, value = override.partition("=")
    folder = Path(value).expanduser()
    return f"{key}={folder.resolve().name}" if folder.is_dir() else override


def _load(source: str, splits: Sequence[str]) -> tuple[list[str], dict[str, Labelled]]:
    """Return the names of the labels, and the splits."""
    folder = Path(source)
    files = {split: str(folder / f"{split}.jsonl") for split in splits}
    found = load_dataset("json", data_files=files) if folder.is_dir() else load_dataset(source)
    named = {split: _names(found[split]) for split in splits}
    labels = sorted({label for row in named["train"] for label in row})
    return labels, {split: _labelled(found[split], named[split], labels) for split in splits}


def _names(rows: Any) -> list[list[str]]:
    """Return the labels of each row by name; the hub's copy has them as numbers."""
    coded = getattr(rows.features["labels"].feature, "names", None)
    return [[coded[label] for label in row] if coded else row for row in rows["labels"]]


def _labelled(rows: Any, named: Sequence[Sequence[str]], labels: Sequence[str]) -> Labelled:
    size, none = len(rows), np.zeros(0, dtype=np.int64)
    return Labelled(
        texts=list(rows["text"]),
        contexts=[""] * size,
        themes=np.array([[label in row for label in labels] for row in named], dtype=np.float32),
        rows=none,
        targets=[],
        stances=none,
        seen=[],
        origins=[Origin(document=comment, writer=comment) for comment in rows["id"]],
        weights=np.ones(size, dtype=np.float32),
    )


def _run(data: Mapping[str, Labelled], labels: Sequence[str], overrides: Sequence[str], seed: int) -> dict[str, Any]:
    """Return the number of rows trained on, the thresholds chosen, and the scores of every other split."""
    model: Any = load_config("encoder", [*RECIPE, *overrides]).model
    with TemporaryDirectory() as checkpoints:
        classifier = finetune(
            data["train"],
            len(labels),
            find_weights(model),
            model,
            random_seed=seed,
            checkpoints=Path(checkpoints),
            after_epoch=lambda *_: None,
        )
    scores = {split: score_labelled(classifier, part).themes for split, part in data.items() if split != "train"}
    tuned = dict(zip(labels, _thresholds(data["validation"].themes == 1, scores["validation"]), strict=True))
    found: dict[str, Any] = {"train": len(data["train"].texts), "thresholds": tuned}
    for split, values in scores.items():
        cuts = {"fixed": same_threshold(labels, FIXED), "tuned": Thresholds(themes=tuned)}
        found[split] = {kind: _numbers(theme_metrics(data[split], values, labels, cut)) for kind, cut in cuts.items()}
    return found


def _thresholds(truth: NDArray[np.bool_], scores: NDArray[np.float32]) -> list[float]:
    """Return for each label the threshold with the highest F1 on these rows, the lowest of equal ones."""
    tagged = scores >= GRID[:, None, None]
    f1 = 2 * (tagged & truth).sum(axis=1) / np.maximum(tagged.sum(axis=1) + truth.sum(axis=0), 1)
    return [float(threshold) for threshold in GRID[f1.argmax(axis=0)]]


def _numbers(metrics: TaskMetrics) -> dict[str, Any]:
    return {"macro_f1": metrics.macro_f1, "interval": metrics.macro_interval, "micro_f1": metrics.micro_f1}


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.is_file() else []


def _finished() -> dict[str, list[dict[str, Any]]]:
    runs = [sorted(_lines(file), key=lambda row: row["seed"]) for file in sorted((FOLDER / "runs").glob("*.jsonl"))]
    return {rows[0]["name"]: rows for rows in runs}


def _write(runs: Mapping[str, list[dict[str, Any]]]) -> None:
    heads = "setting | thresholds | seeds | validation macro-F1 | test macro-F1 | 95% interval, first seed"
    lines = [f"| {heads} | test micro-F1 |", "|---|---|---|---|---|---|---|"]
    lines += [f"| {name} | | | | {macro} | | |" for name, macro in PUBLISHED]
    for name, rows in runs.items():
        for kind, thresholds in THRESHOLDS.items():
            tested = [row["test"][kind] for row in rows if "test" in row]
            interval = " to ".join(f"{100 * end:.1f}" for end in tested[0]["interval"]) if tested else ""
            cells = [_cell([row["validation"][kind]["macro_f1"] for row in rows])]
            cells += [_cell([row["macro_f1"] for row in tested]), interval, _cell([row["micro_f1"] for row in tested])]
            lines.append(f"| {name} | {thresholds} | {len(rows)} | {' | '.join(cells)} |")
    (FOLDER / "result.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _cell(values: Sequence[float]) -> str:
    """Return the mean with the range, in percent, as the published scores are; nothing for no values."""
    if len(values) < 2:
        return "".join(f"{100 * value:.1f}" for value in values)
    return f"{100 * statistics.mean(values):.1f} ({100 * min(values):.1f} to {100 * max(values):.1f})"


if __name__ == "__main__":
    main(sys.argv[1:])
