"""What does each part of the recipe give? `python experiments/ablation/run.py SEED [CHANGE ...]`, then `table CORPUS`.

The shipped recipe, and the same with one change at a time; scores on the unfamiliar part of validation
and on all of it. A run is a line in runs/<corpus>/<seed>.jsonl and is not done again; `table` writes result.md,
each change beside the recipe with the same seeds.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rareearth_nlp.config import load_config
from rareearth_nlp.evaluation.evaluate import Part, evaluate
from rareearth_nlp.labels import load_labels
from rareearth_nlp.training.finetune import finetune
from rareearth_nlp.training.ingredients import Ingredients, gather
from rareearth_nlp.training.train import plain_rule

FOLDER = Path(__file__).parent
CHANGES: Mapping[str, tuple[str, ...]] = {
    "recipe": (),
    "two epochs": ("model.epochs=2",),
    "four epochs": ("model.epochs=4",),
    "half the learning rate": ("model.learning_rate=1e-4", "model.head_learning_rate=5e-4"),
    "without context": ("model.context=false",),
    "sided pairs weigh the same": ("model.sided_weight=1",),
    "batches of sixteen": ("model.batch_size=16",),
    "every pair by itself": ("model.pairs=true",),
}


def main(arguments: Sequence[str]) -> None:
    """Do the runs of a seed, all changes or those named, or write the table."""
    if len(arguments) == 2 and arguments[0] == "table":
        _write(_finished(FOLDER / "runs" / arguments[1]))
        return
    ingredients = gather(load_config("encoder"))
    folder = FOLDER / "runs" / ingredients.corpus_digest[:8]
    seed, *names = arguments
    file = folder / f"{int(seed)}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    for name in names or CHANGES:
        if name in {row["name"] for row in _lines(file)}:
            continue
        row = {"name": name} | _run(ingredients.tried(load_config("encoder", CHANGES[name])), int(seed))
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
        sys.stderr.write(f"{row}\n")


def _run(ingredients: Ingredients, seed: int) -> dict[str, float]:
    config, schema = ingredients.config, ingredients.schema
    if ingredients.weights is None:
        raise ValueError("the ablation is of the encoder")
    classifier = finetune(
        ingredients.split("train"),
        len(schema.themes),
        ingredients.weights,
        config.model,  # type: ignore[arg-type]
        random_seed=seed,
    )
    found = evaluate(classifier, ingredients.split("validation"), schema, plain_rule(config, schema))
    return _numbers("unfamiliar", found.parts["unfamiliar writers"]) | _numbers("all", Part(found.themes, found.stance))


def _numbers(name: str, part: Part) -> dict[str, float]:
    if part.themes is None or part.stance is None:
        raise ValueError(f"validation has no {name} part")
    sides = [part.stance.labels[side].average_precision or 0 for side in ("favor", "against")]
    return {
        f"{name} themes ap": statistics.mean(label.average_precision or 0 for label in part.themes.labels.values()),
        f"{name} themes f1": part.themes.macro_f1,
        **{f"{name} {theme} f1": label.f1 for theme, label in part.themes.labels.items()},
        f"{name} stance ap": statistics.mean(sides),
        f"{name} stance f1": part.stance.favor_against_f1 or 0,
    }


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.is_file() else []


def _finished(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the runs of a corpus by change and by seed."""
    rows: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in CHANGES}
    for file in sorted(folder.glob("*.jsonl")):
        for row in _lines(file):
            rows[row["name"]][file.stem] = row
    return {name: runs for name, runs in rows.items() if runs}


def _write(rows: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    themes = load_labels(load_config().labels_path).theme_names
    columns = [
        f"{part} {metric}"
        for part in ("unfamiliar", "all")
        for metric in ("themes ap", "themes f1", "stance ap", "stance f1")
    ]
    columns += [f"all {theme} f1" for theme in themes]
    lines = ["| change | seeds | " + " | ".join(columns) + " |", "|---" * (len(columns) + 2) + "|"]
    for name, runs in rows.items():
        cells = [_cell(runs, rows["recipe"], column) for column in columns]
        lines.append(f"| {name} | {', '.join(runs)} | {' | '.join(cells)} |")
    (FOLDER / "result.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _cell(runs: Mapping[str, Mapping[str, Any]], recipe: Mapping[str, Mapping[str, Any]], column: str) -> str:
    """Return the mean over seeds; of a change, also what it gives over the recipe with the same seeds."""
    mean = f"{statistics.mean(run[column] for run in runs.values()):.3f}"
    gains = [run[column] - recipe[seed][column] for seed, run in runs.items() if seed in recipe]
    return mean if runs is recipe or not gains else f"{mean} ({statistics.mean(gains):+.3f})"


if __name__ == "__main__":
    main(sys.argv[1:])
