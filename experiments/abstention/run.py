"""Are promises of precision kept? `python experiments/abstention/run.py NAME FILE`, then `... table`.

FILE is out_of_fold.npz of a training's MLflow run; NAME is its name in the table; `tfidf` alone scores the baseline out
of fold. Again and again a half of the writers makes the rule (calibration, thresholds, promises) and the other half
tells whether it is kept. A line in runs/NAME.jsonl per promise given; `table` writes result.md.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from tqdm import tqdm

from rareearth_nlp.config import TfidfConfig, load_config
from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.evaluation.promises import kept_promises
from rareearth_nlp.models.contract import Scorer, Scores
from rareearth_nlp.models.tfidf import fit_tfidf
from rareearth_nlp.training.calibrate import out_of_fold
from rareearth_nlp.training.ingredients import gather
from rareearth_nlp.training.train import fit_rule

FOLDER = Path(__file__).parent
REPEATS = 100
BASELINE_FOLDS = 5


def main(arguments: Sequence[str]) -> None:
    """Do the repeats of a training's scores, or write the table."""
    if list(arguments) == ["table"]:
        (FOLDER / "result.md").write_text("\n".join(_lines()) + "\n", encoding="utf-8")
        return
    name, *file_of_scores = arguments
    ingredients = gather(load_config("tfidf"))
    data = ingredients.split("train")
    scores = _kept_scores(data, Path(file_of_scores[0])) if file_of_scores else _baseline(data)
    file = FOLDER / "runs" / f"{name}.jsonl"
    file.parent.mkdir(exist_ok=True)
    with file.open("w", encoding="utf-8") as stream:
        for repeat in tqdm(range(REPEATS), disable=None):
            for row in _repeat(data, scores, ingredients.schema.theme_names, repeat):
                stream.write(json.dumps({"repeat": repeat} | row) + "\n")


def _baseline(data: Labelled) -> Scores:
    def fit(part: Labelled, _: str) -> Scorer:
        return fit_tfidf(part, TfidfConfig(family="tfidf"), 0)

    with TemporaryDirectory() as folder:
        found = out_of_fold(data, BASELINE_FOLDS, 0, fit, Path(folder))
    if found is None:
        raise ValueError("too few writers")
    return found


def _kept_scores(data: Labelled, file: Path) -> Scores:
    kept = np.load(file)
    if (len(kept["themes"]), len(kept["stances"])) != (len(data.texts), len(data.rows)):
        raise ValueError(f"{file}: not of the shipped corpus")
    return Scores(kept["themes"], kept["stances"], np.zeros(len(data.texts), dtype=np.bool_))


def _repeat(data: Labelled, scores: Scores, names: Sequence[str], seed: int) -> Iterator[dict[str, Any]]:
    """Yield how each promise to one half of the writers fares with the other, by label."""
    writers = sorted({origin.writer for origin in data.origins})
    drawn = set(np.random.default_rng(seed).choice(writers, len(writers) // 2, replace=False).tolist())
    first = np.array([origin.writer in drawn for origin in data.origins])
    rule = fit_rule(*_half(data, scores, first), names)
    other, unseen = _half(data, scores, ~first)
    for kept in kept_promises(rule, other, rule.calibrate(unseen)):
        if kept.precision is None:  # not certified, or nothing tagged
            continue
        yield {
            "promised": kept.promised,
            "label": kept.label,
            "precision": round(kept.precision, 4),
            "recall": round(kept.recall, 4),
        }


def _half(data: Labelled, scores: Scores, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[Labelled, Scores]:
    return data.sentences(chosen), scores.chosen(chosen, chosen[data.rows])


def _lines() -> Iterator[str]:
    yield "| scores | promised | label | certified | broken | by more than .05 | median precision | median recall |"
    yield "|---|---|---|---|---|---|---|---|"
    for file in sorted((FOLDER / "runs").glob("*.jsonl")):
        groups: dict[tuple[float, str], list[dict[str, Any]]] = defaultdict(list)
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            groups[row["promised"], row["label"]].append(row)
        for (promised, label), rows in sorted(groups.items()):
            yield f"| {file.stem} | {promised} | {label} | {len(rows)} of {REPEATS} | {_fate(promised, rows)} |"


def _fate(promised: float, given: Sequence[dict[str, Any]]) -> str:
    precision = np.array([row["precision"] for row in given])
    recall = np.median([row["recall"] for row in given])
    shares = ((precision < promised).mean(), (precision < promised - 0.05).mean(), np.median(precision), recall)
    return " | ".join(f"{value:.2f}" for value in shares)


if __name__ == "__main__":
    main(sys.argv[1:])
