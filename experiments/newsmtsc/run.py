"""Is our stance training sound? `python experiments/newsmtsc/run.py DATA SEED ... [tune] [blind] [key=value ...]`.

Fine-tunes the encoder on NewsMTSC (a news sentence with a named target) for comparison with published scores. DATA is a
folder with train, validation and test .jsonl, or a hub id with the same columns. `tune` leaves the test split unread,
`blind` hides every target. A run is a line in runs/ and is not done again; `table` instead of DATA writes result.md.
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

from rareearth_nlp.config import load_config
from rareearth_nlp.corpus.dataset import Labelled, Origin
from rareearth_nlp.evaluation.controls import blind
from rareearth_nlp.evaluation.evaluate import score_labelled
from rareearth_nlp.evaluation.metrics import TaskMetrics, stance_metrics
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.decisions import same_threshold
from rareearth_nlp.models.weights import find_weights
from rareearth_nlp.training.finetune import finetune

FOLDER = Path(__file__).parent
RECIPE = (
    "model.epochs=3",
    "model.learning_rate=1e-4",
    "model.head_learning_rate=5e-4",
    "model.sided_weight=1",
    "model.context=false",
    "model.pairs=true",
)
STANCE_OF = {"positive": "favor", "neutral": "neutral", "negative": "against"}
MOST_PROBABLE = same_threshold((), 0.5)
WORDS = ("blind", "tune")
PUBLISHED = (
    ("published: BERT-base, sentence pair", "80.1", "80.7"),
    ("published: RoBERTa-base, sentence pair", "81.1", "82.7"),
    ("published: RoBERTa, GRU-TSC", "83.1", "83.8"),
)
"""Macro-F1 and accuracy on the `rw` test: Hamborg and Donnay, EACL 2021."""


def main(arguments: Sequence[str]) -> None:
    """Do the runs of the seeds named, or write the table."""
    if list(arguments) == ["table"]:
        _write(_finished())
        return
    source, *options = arguments or [""]
    seeds = [int(option) for option in options if option.isdecimal()]
    words = [word for word in WORDS if word in options]
    overrides = sorted(option for option in options if "=" in option)
    # a misspelt `tune` must not read the test split
    if not seeds or len(seeds) + len(words) + len(overrides) < len(options):
        sys.exit(f"expected table, or DATA SEED ... [tune] [blind] [key=value ...], got {' '.join(arguments)!r}")
    name = " ".join([*words, *map(_shown, overrides)]) or "recipe"
    file = FOLDER / "runs" / f"{re.sub(r'[^a-zA-Z0-9.=-]+', '_', name)}.jsonl"
    file.parent.mkdir(exist_ok=True)
    data = _load(source, ("train", "validation") if "tune" in words else ("train", "validation", "test"))
    if "blind" in words:
        data = {split: blind(part) for split, part in data.items()}
    for seed in seeds:
        if seed in {row["seed"] for row in _lines(file)}:
            continue
        row = {"name": name, "seed": seed, "overrides": list(map(_shown, overrides))} | _run(data, overrides, seed)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
        sys.stderr.write(f"{row}\n")


def _shown(override: str) -> str:
    """Return the override without the place of a local folder: results are read on other machines."""
    key, _, value = override.partition("=")
    folder = Path(value).expanduser()
    return f"{key}={folder.resolve().name}" if folder.is_dir() else override


def _load(source: str, splits: Sequence[str]) -> dict[str, Labelled]:
    folder = Path(source)
    files = {split: str(folder / f"{split}.jsonl") for split in splits}
    found = load_dataset("json", data_files=files) if folder.is_dir() else load_dataset(source)
    return {split: _labelled(found[split]) for split in splits}


def _labelled(rows: Any) -> Labelled:
    """Return every row as a sentence with one pair; a sentence with several targets is there several times."""
    size = len(rows)
    return Labelled(
        texts=list(rows["text"]),
        contexts=[""] * size,
        themes=np.full((size, 1), np.nan, dtype=np.float32),
        rows=np.arange(size),
        targets=list(rows["target"]),
        stances=np.array([STANCES.index(STANCE_OF[label]) for label in rows["label"]], dtype=np.int64),
        seen=[None] * size,
        origins=[Origin(document=sentence, writer=sentence) for sentence in rows["sentence_id"]],
        weights=np.ones(size, dtype=np.float32),
    )


def _run(data: Mapping[str, Labelled], overrides: Sequence[str], seed: int) -> dict[str, Any]:
    """Return the number of rows trained on, and the scores of every other split."""
    model: Any = load_config("encoder", [*RECIPE, *overrides]).model
    with TemporaryDirectory() as checkpoints:
        classifier = finetune(
            data["train"],
            1,
            find_weights(model),
            model,
            random_seed=seed,
            checkpoints=Path(checkpoints),
            after_epoch=lambda *_: None,
        )
    found: dict[str, Any] = {"train": len(data["train"].texts)}
    for split, part in data.items():
        if split != "train":
            found[split] = _numbers(stance_metrics(part, score_labelled(classifier, part).stances, MOST_PROBABLE))
    return found


def _numbers(metrics: TaskMetrics) -> dict[str, Any]:
    return {
        "macro_f1": metrics.macro_f1,
        "interval": metrics.macro_interval,
        "accuracy": metrics.micro_f1,  # the same where every row has one label and gets one
        "favor": metrics.labels["favor"].f1,
        "against": metrics.labels["against"].f1,
    }


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.is_file() else []


def _finished() -> dict[str, list[dict[str, Any]]]:
    runs = [sorted(_lines(file), key=lambda row: row["seed"]) for file in sorted((FOLDER / "runs").glob("*.jsonl"))]
    return {rows[0]["name"]: rows for rows in runs}


def _write(runs: Mapping[str, list[dict[str, Any]]]) -> None:
    heads = (
        "setting | seeds | validation macro-F1 | test macro-F1 | 95% interval, first seed | test accuracy | favor F1"
    )
    lines = [f"| {heads} | against F1 |", "|---|---|---|---|---|---|---|---|"]
    lines += [f"| {name} | | | {macro} | | {accuracy} | | |" for name, macro, accuracy in PUBLISHED]
    for name, rows in runs.items():
        tested = [row["test"] for row in rows if "test" in row]
        interval = " to ".join(f"{100 * end:.1f}" for end in tested[0]["interval"]) if tested else ""
        cells = [_cell([row["validation"]["macro_f1"] for row in rows]), _cell([row["macro_f1"] for row in tested])]
        cells += [interval, *(_cell([row[key] for row in tested]) for key in ("accuracy", "favor", "against"))]
        lines.append(f"| {name} | {len(rows)} | {' | '.join(cells)} |")
    (FOLDER / "result.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _cell(values: Sequence[float]) -> str:
    """Return the mean with the range, in percent, as the published scores are; nothing for no values."""
    if len(values) < 2:
        return "".join(f"{100 * value:.1f}" for value in values)
    return f"{100 * statistics.mean(values):.1f} ({100 * min(values):.1f} to {100 * max(values):.1f})"


if __name__ == "__main__":
    main(sys.argv[1:])
