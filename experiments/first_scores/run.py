"""How good the two families are on validation after the demo's training: `python experiments/first_scores/run.py`.

Three random seeds of the encoder, beside TF-IDF and tagging everything. Writes result.md and result.json; a seed that
is in result.json is not trained again (delete the file to begin anew).
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

from rareearth_nlp.commands.training import DEMO_STEPS
from rareearth_nlp.config import load_config
from rareearth_nlp.training.train import gather, train

FOLDER = Path(__file__).parent
SEEDS = (13, 14, 15)
LABELS = [f"themes/{name}" for name in ("reform", "risk", "governance", "geopolitical")]
LABELS += [f"stance/{name}" for name in ("favor", "against", "neutral")]
MEANS = ("themes/macro_f1", "stance/macro_f1", "stance/favor_against_f1")


def main() -> None:
    """Train, and write both result files after every seed."""
    file = FOLDER / "result.json"
    runs: dict[str, dict[str, float]] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    for seed in SEEDS:
        if f"encoder {seed}" in runs:
            continue
        ingredients = gather(load_config("encoder", [f"random_seed={seed}", f"model.max_steps={DEMO_STEPS}"]))
        start = time.perf_counter()
        training = train(ingredients)
        runs[f"encoder {seed}"] = training.validation.scalars() | {"seconds": time.perf_counter() - start}
        if training.baseline:
            runs["tfidf"] = training.baseline.scalars()
        file.write_text(json.dumps(runs, indent=2) + "\n", encoding="utf-8")
    (FOLDER / "result.md").write_text(_table(runs), encoding="utf-8")


def _table(runs: dict[str, dict[str, float]]) -> str:
    encoders = [found for name, found in runs.items() if name.startswith("encoder")]
    first, tfidf = encoders[0], runs["tfidf"]
    lines = [
        f"| validation F1 | n | encoder, mean of {len(encoders)} seeds | range | 95% interval of seed {SEEDS[0]} "
        "| TF-IDF | always |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in (*MEANS, *LABELS):
        key = name if name in MEANS else f"{name}/f1"
        values = [found[key] for found in encoders]
        span = f"{min(values):.2f} to {max(values):.2f}"
        extra = ["", "", ""]
        if name in LABELS:
            interval = f"{first[f'{name}/f1_low']:.2f} to {first[f'{name}/f1_high']:.2f}"
            extra = [f"{first[f'{name}/support']:.0f}", interval, f"{first[f'{name}/always_f1']:.2f}"]
        cells = [name, extra[0], f"{statistics.mean(values):.2f}", span, extra[1], f"{tfidf[key]:.2f}", extra[2]]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
