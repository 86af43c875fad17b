"""Speed of tagging, side by side in one run: `make bench`.

Interleaved repeats, so that a machine whose speed drifts is fair to all; medians, and ratios to the first path. Speed
does not depend on what a model has learnt, so the encoder carries its starting weights and two untrained heads.
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from transformers import AutoModel

from rareearth_nlp.config import EncoderConfig, TfidfConfig, load_config
from rareearth_nlp.labels import load_labels
from rareearth_nlp.models.contract import Classifier
from rareearth_nlp.models.encoder import EncoderClassifier, JointEncoder, load_tokenizer
from rareearth_nlp.models.tfidf import fit_tfidf
from rareearth_nlp.models.weights import find_weights
from rareearth_nlp.training.train import gather

OUT = Path(__file__).with_name("latest.json")
REPEATS = 5
SENTENCES = 200
TARGETS = ("China's state control of rare earth supply", "rare earth supply outside China", "Baogang Group")


def main() -> None:
    """Time every path on every workload, print a table, save the figures."""
    ingredients = gather(load_config("tfidf"))
    train = ingredients.split("train")
    texts = train.texts[:SENTENCES]
    encoder = _encoder(len(load_labels(load_config().labels_path).themes))
    tfidf = fit_tfidf(train, TfidfConfig(family="tfidf"), random_seed=0)
    rows = []
    for workload, targets in {"themes": (), "themes+3": TARGETS}.items():
        paths = {
            "encoder, one sentence at a time": lambda: _one_by_one(encoder, texts, targets),  # noqa: B023
            "encoder, sorted batches": lambda: encoder.score(texts, targets),  # noqa: B023
            "tfidf": lambda: tfidf.score(texts, targets),  # noqa: B023
        }
        rows += _time(workload, paths)
    report = {"machine": platform.processor() or platform.machine(), "threads": torch.get_num_threads()}
    report |= {"torch": torch.__version__, "python": platform.python_version(), "rows": rows}
    OUT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _encoder(themes: int) -> EncoderClassifier:
    settings = EncoderConfig(family="encoder")
    folder = find_weights(settings).folder
    model = JointEncoder(AutoModel.from_pretrained(folder, dtype=torch.float32), themes)
    return EncoderClassifier(model, load_tokenizer(folder), settings.max_tokens)


def _one_by_one(classifier: Classifier, texts: Sequence[str], targets: Sequence[str]) -> None:
    for text in texts:
        classifier.score([text], targets)


def _time(workload: str, paths: dict[str, Callable[[], object]]) -> list[dict[str, object]]:
    seconds: dict[str, list[float]] = {name: [] for name in paths}
    for repeat in range(REPEATS + 1):
        for name, run in paths.items():
            start = time.perf_counter()
            run()
            if repeat:  # the first round warms up
                seconds[name].append(time.perf_counter() - start)
    first = seconds[next(iter(paths))]
    rows = []
    for name, taken in seconds.items():
        speed = [SENTENCES / value for value in taken]
        ratio = statistics.median(a / b for a, b in zip(first, taken, strict=True))
        rows.append(
            {
                "workload": workload,
                "path": name,
                "sentences_per_second": {"median": statistics.median(speed), "min": min(speed), "max": max(speed)},
                "ratio": ratio,
            }
        )
        sys.stdout.write(f"{workload:10} {name:34} {statistics.median(speed):10.0f} sentences/s   x {ratio:.1f}\n")
    return rows


if __name__ == "__main__":
    main()
