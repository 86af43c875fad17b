"""Speed of tagging, side by side in one run: `make bench`, or `make bench ARGS="quick TAGGER"`.

Interleaved repeats, so that a machine whose speed drifts is fair to all; medians with the least and the most, ratios to
the pipeline with its defaults, and how many decisions differ from torch in fp32. Writes latest.json and chart.png.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from contenders import BASELINE, Way, others, ours
from matplotlib.figure import Figure

from rareearth_nlp.config import TfidfConfig, load_config
from rareearth_nlp.corpus.unlabelled import Unlabelled, read_unlabelled
from rareearth_nlp.evaluation.parity import compare
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.engines import FILES
from rareearth_nlp.models.tfidf import fit_tfidf
from rareearth_nlp.tagging.choosing import choose_tagger
from rareearth_nlp.tagging.tagger import Tagger
from rareearth_nlp.training.train import gather

OUT = Path(__file__).parent
TARGETS = ("China's state control of rare earth supply", "rare earth supply outside China", "Baogang Group")
WORKLOADS = {"themes": (), "themes+3": TARGETS}
PACKAGES = ("rareearth_nlp", "torch", "transformers", "tokenizers", "openvino", "onnxruntime")


def main(arguments: Sequence[str]) -> None:
    """Time every way on every workload, print a table, save the figures."""
    quick = "quick" in arguments
    named = [word for word in arguments if word != "quick"]
    tagger = choose_tagger(named[0] if named else None, runtime="torch")
    sentences = read_unlabelled(None, tagger.schema)
    size, repeats = (100, 3) if quick else (1000, 5)
    texts = list(dict.fromkeys(sentences.texts))[:size]
    report: dict[str, Any] = _machine(tagger) | {"sentences": size, "repeats": repeats}
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        contenders = _contenders(tagger, sentences, folder, ["fp32"] if quick else ["fp32", "int8"])
        report["rows"] = [
            row
            for workload, targets in WORKLOADS.items()
            for row in _time(workload, contenders, texts, targets, repeats, tagger)
        ]
        report["gemm_peak_gflops"] = _gemm_peak()
        report["start"] = [_start(folder / "fp32", runtime) for runtime in _runtimes(folder / "fp32")]
        report["curve"] = _curve(contenders, texts, tagger)
        report["bytes"] = {place.name: _size(place) for place in sorted(folder.iterdir())}
    (OUT / "latest.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    _chart(report["rows"])


def _machine(tagger: Tagger) -> dict[str, Any]:
    return {
        "machine": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "versions": {name: version(name) for name in PACKAGES},
        "tagger": tagger.id,
    }


def _contenders(tagger: Tagger, sentences: Unlabelled, folder: Path, precisions: Sequence[str]) -> dict[str, Way]:
    train = gather(load_config("tfidf")).split("train")
    tfidf = fit_tfidf(train, TfidfConfig(family="tfidf"), random_seed=0)
    found = dict(others(len(tagger.schema.themes))) | dict(ours(tagger, sentences, folder, precisions))
    return found | {"TF-IDF": lambda texts, targets: tfidf.score(texts, [targets] * len(texts))}


def _time(
    workload: str,
    contenders: Mapping[str, Way],
    texts: Sequence[str],
    targets: Sequence[str],
    repeats: int,
    tagger: Tagger,
) -> list[dict[str, Any]]:
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    scores = {name: run(texts, targets) for name, run in contenders.items()}  # this also warms up
    for _ in range(repeats):
        for name, run in contenders.items():
            seconds[name].append(_seconds(lambda: run(texts, targets)))  # noqa: B023
    reference, rows = scores["torch fp32"], []
    for name, taken in seconds.items():
        speed = [len(texts) / value for value in taken]
        ratio = statistics.median(first / own for first, own in zip(seconds[BASELINE], taken, strict=True))
        compared = scores[name] is not None and reference is not None and name != "TF-IDF"
        rows.append(
            {
                "workload": workload,
                "path": name,
                "sentences_per_second": {"median": statistics.median(speed), "min": min(speed), "max": max(speed)},
                "ratio": ratio,
                "tags_flipped": _flipped(tagger, reference, scores[name], targets) if compared else None,  # type: ignore[arg-type]
            }
        )
        sys.stdout.write(f"{workload:9} {name:24} {statistics.median(speed):9.0f} sentences/s   x {ratio:6.1f}\n")
    return rows


def _flipped(tagger: Tagger, first: Scores, second: Scores, targets: Sequence[str]) -> int:
    """Return how many decisions differ between two scorings by a tagger."""
    size = len(first.themes)
    found = compare(first, second, [list(targets)] * size, tagger.manifest.rule.thresholds)
    return round(found.decisions * (first.themes.size + len(targets) * size))


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _gemm_peak() -> float:
    """Return GFLOP/s of fp32 matrix products of the encoder's largest shape, the best of several."""
    left, right = torch.randn(2048, 384), torch.randn(384, 1536)
    best = min(_seconds(lambda: torch.mm(left, right)) for _ in range(50))
    return 2 * 2048 * 384 * 1536 / best / 1e9


def _runtimes(folder: Path) -> list[str]:
    return [name for name, files in FILES.items() if (folder / "model" / files[0]).is_file()]


def _start(folder: Path, runtime: str) -> dict[str, Any]:
    """Return seconds from a cold shell to the first tag, the median of three."""
    words = ["predict", "--tagger", str(folder), "--runtime", runtime, "--json", "Regulators cut the quota by a tenth."]
    command = [sys.executable, "-m", "rareearth_nlp", *words]
    taken = [_seconds(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(3)]  # noqa: S603
    sys.stdout.write(f"start     {runtime:24} {statistics.median(taken):9.2f} s\n")
    return {"runtime": runtime, "seconds": statistics.median(taken)}


def _curve(contenders: Mapping[str, Way], texts: Sequence[str], tagger: Tagger) -> list[dict[str, Any]]:
    """Return seconds of the fastest fp32 engine for more sentences and for more targets."""
    run = contenders["OpenVINO fp32"]
    names = [target.name for target in tagger.schema.targets][:16]
    part = texts[: len(texts) // 4]
    rows = []
    for count in (1, 4, 8, 16):
        rows.append({"targets": count, "sentences": len(part), "seconds": _seconds(lambda: run(part, names[:count]))})  # noqa: B023
    for share in (16, 4, 1):
        some = texts[: len(texts) // share]
        rows.append({"targets": 0, "sentences": len(some), "seconds": _seconds(lambda: run(some, ()))})  # noqa: B023
    return rows


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _chart(rows: Sequence[Mapping[str, Any]]) -> None:
    figure = Figure(figsize=(8, 5), layout="constrained")
    for axes, workload in zip(figure.subplots(1, 2), WORKLOADS, strict=True):
        own = [row for row in rows if row["workload"] == workload and row["path"] != "TF-IDF"]
        axes.barh([row["path"] for row in own], [row["ratio"] for row in own])
        axes.invert_yaxis()
        axes.set(title=workload, xlabel="times the pipeline's speed")
    figure.savefig(OUT / "chart.png", dpi=120)


if __name__ == "__main__":
    main(sys.argv[1:])
