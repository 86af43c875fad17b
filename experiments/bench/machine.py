"""What is measured of the machine and of a tagger beside its speed: peak of matrix products, start, memory, bytes."""

from __future__ import annotations

import platform
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
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
"""Seconds between two looks at a process."""


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


def helped() -> float:
    """Return the seconds that `--help` takes, the median of several."""
    return statistics.median(seconds(lambda: _child(["--help"])) for _ in range(STARTS))


def started(folder: Path, runtime: str) -> dict[str, Any]:
    """Return the seconds from a cold shell to the first tag, and to a service that answers; medians of several."""
    words = ["predict", "--tagger", str(folder), "--runtime", runtime, "--json", "Regulators cut the quota by a tenth."]
    tagged = [seconds(lambda: _child(words)) for _ in range(STARTS)]
    served = [_seconds_to_service(folder, runtime) for _ in range(STARTS)]
    return {"runtime": runtime, "seconds": statistics.median(tagged), "service_seconds": statistics.median(served)}


def remembered(folder: Path, runtime: str, articles: Path) -> dict[str, Any]:
    """Return the most memory, in MB, that tagging a folder of articles takes."""
    out = articles.with_suffix(f".{runtime}.parquet")
    words = ["tag", "--tagger", str(folder), "--runtime", runtime, "-o", str(out), str(articles)]
    return {"runtime": runtime, "megabytes": _child(words)}


def size(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _seconds_to_service(folder: Path, runtime: str) -> float:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["serve", "--tagger", str(folder), "--runtime", runtime, "--port", str(port)]
    start = time.perf_counter()
    with psutil.Popen(_command(words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as service:
        try:
            while service.poll() is None:
                with suppress(OSError):  # it does not listen yet
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz").close()
                    return time.perf_counter() - start
                time.sleep(POLL)
        finally:
            service.terminate()
    raise subprocess.CalledProcessError(service.returncode, _command(words))


def _command(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "rareearth_nlp", *words]


def _child(words: Sequence[str]) -> float:
    """Run a command of the package and return the most memory that it was seen to take, in MB."""
    most = 0
    with psutil.Popen(_command(words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        while child.poll() is None:
            with suppress(psutil.Error):  # it may end in between
                most = max(most, child.memory_info().rss)
            time.sleep(POLL)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, _command(words))
    return most / 1e6
