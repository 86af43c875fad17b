"""How far two independent readers of the seed corpus agree: Cohen's kappa per label, as the data card quotes it."""

from __future__ import annotations

import json
import sys
from itertools import groupby
from typing import Any

from sklearn.metrics import cohen_kappa_score

from rareearth_nlp.config import load_config
from rareearth_nlp.labels import load_labels
from rareearth_nlp.resources import shipped

STANDING = ("china-control", "diversification")


def main() -> None:
    """Print a kappa per theme and per target, over the sentences that were read twice."""
    pairs = _read_twice()
    sys.stdout.write(f"{len(pairs)} sentences read twice\n")
    for theme in load_labels(load_config().labels_path).theme_names:
        first, second = ([theme in reading["themes"] for reading in side] for side in zip(*pairs, strict=True))
        sys.stdout.write(f"{theme:22} {cohen_kappa_score(first, second):.2f}  n={sum(first)}/{sum(second)}\n")
    for target in (*STANDING, "own target"):
        labels = [
            (label, second["stance"][name])
            for first, second in pairs
            for name, label in first["stance"].items()
            if (name if name in STANDING else "own target") == target
        ]
        sys.stdout.write(f"{target:22} {cohen_kappa_score(*zip(*labels, strict=True)):.2f}  n={len(labels)}\n")


def _read_twice() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    lines = shipped("seeds", "corpus", "annotations", "independent.jsonl").read_text(encoding="utf-8").splitlines()
    readings = sorted(map(json.loads, lines), key=lambda reading: (reading["id"], reading["annotator"]))
    groups = [tuple(group) for _, group in groupby(readings, key=lambda reading: reading["id"])]
    return [(group[0], group[1]) for group in groups if len(group) == 2]


if __name__ == "__main__":
    main()
