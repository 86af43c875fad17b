"""How good the shipped recipe is on validation: `python experiments/scores/run.py TAGGER TAGGER ...` writes result.md.

Each tagger comes from `rareearth-nlp train calibration.folds=0 random_seed=N` and carries its metrics; the controls are
fitted here.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rareearth_nlp.config import load_config
from rareearth_nlp.errors import DataError
from rareearth_nlp.tagging.manifest import Manifest, read_manifest
from rareearth_nlp.training.controls import evaluate_controls
from rareearth_nlp.training.train import Ingredients, gather

OUT = Path(__file__).with_name("result.md")
PARTS = ("", "familiar writers/", "unfamiliar writers/", "natural mix/", "seen targets/", "unseen targets/")
MEANS = ("themes/macro_f1", "stance/macro_f1", "stance/favor_against_f1")


def main(folders: Sequence[str]) -> None:
    """Write the table of the taggers named."""
    manifests = [read_manifest(Path(folder)) for folder in folders]
    ingredients = gather(load_config("tfidf"))
    if any(manifest.provenance.corpus_digest != ingredients.corpus_digest for manifest in manifests):
        raise DataError("a tagger was trained on another corpus than the shipped one")
    controls = _controls(ingredients)
    lines = [*_heading(manifests), *_rows([manifest.provenance.validation for manifest in manifests], controls)]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _controls(ingredients: Ingredients) -> dict[str, Mapping[str, float]]:
    parts = (ingredients.split("train"), ingredients.split("validation"))
    found = evaluate_controls(*parts, ingredients.schema, ingredients.config.random_seed)
    return {name: control.scalars() for name, control in found.items()}


def _heading(manifests: Sequence[Manifest]) -> Iterator[str]:
    for manifest in manifests:
        made = manifest.provenance
        commit = (made.git_commit or "none")[:7]
        yield f"Tagger {manifest.id}, random seed {made.config['random_seed']}, commit {commit}."
    yield ""


def _rows(runs: Sequence[Mapping[str, float]], controls: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    heads = ["validation", "n", "encoder", "range over seeds", "95% interval of the first", *controls, "always"]
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for part in PARTS:
        for mean in MEANS:
            if part + mean in runs[0]:
                yield _row(part + mean, ["", "", ""], runs, controls)
    for key in [key for key in runs[0] if key.endswith("/f1")]:
        label = key.removesuffix("f1")
        interval = f"{runs[0][f'{label}f1_low']:.2f} to {runs[0][f'{label}f1_high']:.2f}"
        extra = [f"{runs[0][f'{label}support']:.0f}", interval, f"{runs[0][f'{label}always_f1']:.2f}"]
        yield _row(key, extra, runs, controls)


def _row(
    key: str, extra: Sequence[str], runs: Sequence[Mapping[str, float]], controls: Mapping[str, Mapping[str, float]]
) -> str:
    values = [run[key] for run in runs]
    span = f"{min(values):.2f} to {max(values):.2f}" if len(values) > 1 else ""
    others = [f"{control[key]:.2f}" for control in controls.values()]
    return f"| {' | '.join([key, extra[0], f'{statistics.mean(values):.2f}', span, extra[1], *others, extra[2]])} |"


if __name__ == "__main__":
    main(sys.argv[1:])
