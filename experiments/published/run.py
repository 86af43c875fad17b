"""Is our training sound? `python experiments/published/run.py BENCHMARK DATA SEED ...`, then `... table`.

Fine-tunes the encoder on a public benchmark (newsmtsc: stance, goemotions: themes) for comparison with published
scores. DATA is a folder with train, validation and test .jsonl, or a hub id with the same columns. A run is a line in
runs/ and is not done again; `table` writes result.md.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmark import Benchmark, Measures
from datasets import load_dataset
from goemotions import GOEMOTIONS
from newsmtsc import NEWSMTSC

from rareearth_nlp.config import load_config
from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.evaluation.evaluate import score_labelled
from rareearth_nlp.models.weights import find_weights
from rareearth_nlp.training.controls import blind
from rareearth_nlp.training.finetune import finetune

FOLDER = Path(__file__).parent
BENCHMARKS = {"newsmtsc": NEWSMTSC, "goemotions": GOEMOTIONS}


def main(arguments: Sequence[str]) -> None:
    """Do the runs of the seeds named, or write the table."""
    if list(arguments) == ["table"]:
        tables = [line for name, benchmark in BENCHMARKS.items() for line in _table(name, benchmark)]
        (FOLDER / "result.md").write_text("\n".join(tables), encoding="utf-8")
        return
    options = _parser().parse_args(arguments)
    benchmark = BENCHMARKS[options.benchmark]
    words = [word for word in ("blind", "tune") if getattr(options, word)]
    setting = " ".join([*words, *map(_shown, sorted(options.set))]) or "recipe"
    file = FOLDER / "runs" / f"{options.benchmark}_{re.sub(r'[^a-zA-Z0-9.=-]+', '_', setting)}.jsonl"
    file.parent.mkdir(exist_ok=True)
    data = benchmark.read(_rows(options.data, ["train", "validation", *["test"][options.tune :]]))
    if options.blind and not data["train"].targets:
        sys.exit(f"--blind: {options.benchmark} has no targets to hide; leave it out")
    if options.blind:
        data = {split: blind(part) for split, part in data.items()}
    for seed in sorted(set(options.seeds) - {row["seed"] for row in _lines(file)}):
        row = {"setting": setting, "seed": seed} | _run(benchmark, data, options.set, seed)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
        sys.stderr.write(f"{row}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("benchmark", choices=BENCHMARKS)
    parser.add_argument("data", help="a folder or a hub id")
    parser.add_argument("seeds", nargs="+", type=int)
    parser.add_argument("--tune", action="store_true", help="leave the test split unread")
    parser.add_argument("--blind", action="store_true", help="hide every target: what the sentence alone gives away")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a change to the recipe")
    return parser


def _shown(override: str) -> str:
    """Return the override without the place of a local folder: results are read on other machines."""
    key, _, value = override.partition("=")
    folder = Path(value).expanduser()
    return f"{key}={folder.resolve().name}" if folder.is_dir() else override


def _rows(source: str, splits: Sequence[str]) -> dict[str, Any]:
    folder = Path(source)
    files = {split: str(folder / f"{split}.jsonl") for split in splits}
    found = load_dataset("json", data_files=files) if folder.is_dir() else load_dataset(source)
    return {split: found[split] for split in splits}


def _run(benchmark: Benchmark, data: Mapping[str, Labelled], overrides: Sequence[str], seed: int) -> dict[str, Any]:
    """Return the number of rows trained on, and the measures of every other split."""
    model: Any = load_config("encoder", [*benchmark.recipe, *overrides]).model
    train = data["train"]
    classifier = finetune(train, train.themes.shape[1], find_weights(model), model, random_seed=seed)
    scores = {split: score_labelled(classifier, part) for split, part in data.items() if split != "train"}
    return {"train": len(train.texts), **benchmark.measure(data, scores)}


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.is_file() else []


def _table(name: str, benchmark: Benchmark) -> list[str]:
    """Return the lines of a benchmark's table, in percent, as the published scores are."""
    runs = [_lines(file) for file in sorted((FOLDER / "runs").glob(f"{name}_*.jsonl"))]
    columns = benchmark.columns
    shown = [f"test {column}" + ", first seed" * ("interval" in column) for column in columns]
    heads = ["setting", "seeds", "validation macro-F1", *shown]
    lines = [f"## {name}", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for other, scores in benchmark.published.items():
        lines.append(f"| {' | '.join([other, '', '', *(scores.get(column, '') for column in columns)])} |")
    for rows in runs:
        tested = [row["test"] for row in rows if "test" in row]
        cells = [rows[0]["setting"], str(len(rows)), _cell([row["validation"] for row in rows], "macro-F1")]
        lines.append(f"| {' | '.join([*cells, *(_cell(tested, column) for column in columns)])} |")
    return [*lines, ""]


def _cell(found: Sequence[Measures], column: str) -> str:
    """Return the mean over seeds with the range; of intervals the first seed's; nothing where there are none."""
    values = [measures[column] for measures in found]
    if values and isinstance(values[0], list):
        return f"{_percent(values[0][0])} to {_percent(values[0][1])}"
    if len(values) < 2:
        return "".join(map(_percent, values))
    return f"{_percent(statistics.mean(values))} ({_percent(min(values))} to {_percent(max(values))})"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


if __name__ == "__main__":
    main(sys.argv[1:])
