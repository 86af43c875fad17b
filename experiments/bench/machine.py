"""What is measured of the machine and of a tagger beside its speed: peak of matrix products, start, memory, bytes."""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import torch

from rareearth_nlp.models.encoder import EncoderClassifier
from rareearth_nlp.models.engines import TorchEngine
from rareearth_nlp.tagging.tagger import Tagger

PACKAGES = ("rareearth_nlp", "torch", "transformers", "tokenizers", "openvino", "onnxruntime")
STARTS = 3
POLL = 0.02
"""Seconds between two looks at the memory of a process."""


def machine(tagger: Tagger) -> dict[str, Any]:
    """Return what the figures are of."""
    return {
        "machine": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "versions": {name: version(name) for name in PACKAGES},
        "tagger": tagger.id,
    }


def seconds(run: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def gemm_peak() -> float:
    """Return GFLOP/s of fp32 matrix products of the largest shape in MiniLM, the best of several."""
    left, right = torch.randn(2048, 384), torch.randn(384, 1536)
    best = min(seconds(lambda: torch.mm(left, right)) for _ in range(50))
    return 2 * 2048 * 384 * 1536 / best / 1e9


def work(tagger: Tagger, texts: Sequence[str], targets: Sequence[str]) -> float:
    """Return the GFLOP of the matrix products that the sentences take, padding not counted."""
    classifier = tagger.classifier
    if not isinstance(classifier, EncoderClassifier) or not isinstance(classifier.engine, TorchEngine):
        raise TypeError("expected an encoder that torch computes")
    encoder: Any = classifier.engine.model.encoder
    matrices = sum(weights.numel() for weights in encoder.encoder.parameters() if weights.ndim == 2)
    attended = 2 * encoder.config.num_hidden_layers * encoder.config.hidden_size  # keys, then values
    lengths = [len(row) for row in classifier.rows(texts, [targets] * len(texts), [""] * len(texts))]
    return sum(2 * length * (matrices + attended * length) for length in lengths) / 1e9


def started(folder: Path, runtime: str) -> dict[str, Any]:
    """Return the seconds from a cold shell to the first tag, the median of several."""
    words = ["predict", "--tagger", str(folder), "--runtime", runtime, "--json", "Regulators cut the quota by a tenth."]
    taken = [seconds(lambda: _child(words)) for _ in range(STARTS)]
    return {"runtime": runtime, "seconds": statistics.median(taken)}


def remembered(folder: Path, runtime: str, articles: Path) -> dict[str, Any]:
    """Return the most memory, in MB, that tagging a folder of articles takes."""
    out = articles.with_suffix(f".{runtime}.parquet")
    words = ["tag", "--tagger", str(folder), "--runtime", runtime, "-o", str(out), str(articles)]
    return {"runtime": runtime, "megabytes": _child(words)}


def size(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _child(words: Sequence[str]) -> float:
    """Run a command of the package and return the most memory that it was seen to take, in MB."""
    command = [sys.executable, "-m", "rareearth_nlp", *words]
    most = 0
    with psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        while child.poll() is None:
            with suppress(psutil.Error):  # it may end in between
                most = max(most, child.memory_info().rss)
            time.sleep(POLL)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return most / 1e6
