"""Speed of tagging, side by side in one run: `make bench`, or `make bench ARGS="quick TAGGER"`.

Interleaved repeats, so that a machine whose speed drifts is fair to all; medians with the least and the most, ratios to
the pipeline with its defaults, and how many decisions differ from torch in fp32. Writes latest.json and chart.png.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from contenders import BASELINE, ENGINES, REFERENCE, Way, others, ours, scorer
from machine import gemm_peak, helped, machine, remembered, seconds, size, started, work
from matplotlib.figure import Figure

from rareearth_nlp.config import TfidfConfig, load_config
from rareearth_nlp.corpus.unlabelled import Unlabelled, read_unlabelled
from rareearth_nlp.evaluation.parity import compare
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.engines import made_for
from rareearth_nlp.models.tfidf import fit_tfidf
from rareearth_nlp.tagging.choosing import choose_tagger
from rareearth_nlp.tagging.manifest import MANIFEST_FILE
from rareearth_nlp.tagging.tagger import Tagger
from rareearth_nlp.training.ingredients import gather

OUT = Path(__file__).parent
TARGETS = ("China's state control of rare earth supply", "rare earth supply outside China", "Baogang Group")
WORKLOADS = {"themes": (), "themes+3": TARGETS}


def main(arguments: Sequence[str]) -> None:
    """Time every way on every workload, print a table, save the figures."""
    quick = "quick" in arguments
    first, *rest = [word for word in arguments if word != "quick"] or [None]
    tagger = choose_tagger(first, runtime="torch")
    count, repeats, compared = (80, 3, 500) if quick else (1000, 5, 3000)
    sentences = _first(read_unlabelled(None, tagger.schema), compared)
    texts = list(dict.fromkeys(sentences.texts))[:count]
    report: dict[str, Any] = machine(tagger) | {"sentences": count, "repeats": repeats}
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        contenders = _contenders(tagger, sentences, folder, ["fp32"] if quick else ["fp32", "int8"])
        contenders |= {f"{found.manifest.family} {found.id}": scorer(found) for found in map(Tagger.load, rest)}
        report["rows"] = [
            row
            for workload, targets in WORKLOADS.items()
            for row in _time(workload, contenders, texts, targets, repeats, tagger)
        ]
        report["curve"] = _curve(contenders, texts, tagger)
        report["help_seconds"] = helped()
        report["start"], report["memory"] = _processes(folder / "fp32", texts, ("torch",) if quick else ())
        report["bytes"] = {
            place.name: size(place) for place in sorted(folder.glob("*/")) if (place / MANIFEST_FILE).is_file()
        }
    (OUT / "latest.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    _chart(report["rows"])


def _contenders(tagger: Tagger, sentences: Unlabelled, folder: Path, precisions: Sequence[str]) -> dict[str, Way]:
    train = gather(load_config("tfidf")).split("train")
    tfidf = fit_tfidf(train, TfidfConfig(family="tfidf"), random_seed=0)
    found = dict(others(len(tagger.schema.themes))) | dict(ours(tagger, sentences, folder, precisions))
    return found | {"TF-IDF": scorer(tfidf)}


def _time(
    workload: str,
    contenders: Mapping[str, Way],
    texts: Sequence[str],
    targets: Sequence[str],
    repeats: int,
    tagger: Tagger,
) -> Iterator[dict[str, Any]]:
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    scores = {name: run(texts, targets) for name, run in contenders.items()}  # this also warms up
    peaks = []
    for _ in range(repeats):
        peaks.append(gemm_peak())
        for name, run in contenders.items():
            taken[name].append(seconds(lambda: run(texts, targets)))  # noqa: B023
    ideal = work(tagger, texts, targets) / statistics.median(peaks)  # seconds that all would take at the peak
    for name, own in taken.items():
        speed = [len(texts) / value for value in own]
        ratio = statistics.median(first / value for first, value in zip(taken[BASELINE], own, strict=True))
        sys.stdout.write(f"{workload:9} {name:24} {statistics.median(speed):9.0f} sentences/s   x {ratio:6.1f}\n")
        found = scores[name] if name in ENGINES else None
        yield {
            "workload": workload,
            "path": name,
            "sentences_per_second": {"median": statistics.median(speed), "min": min(speed), "max": max(speed)},
            "ratio": ratio,
            "share_of_peak": ideal / statistics.median(own) if name in ENGINES and name.endswith("fp32") else None,
            "gemm_peak_gflops": statistics.median(peaks),
            "tags_flipped": found and _flipped(tagger, scores[REFERENCE], found, targets),
        }


def _flipped(tagger: Tagger, first: Scores | None, second: Scores, targets: Sequence[str]) -> int:
    """Return how many decisions differ between two scorings by a tagger."""
    if first is None:
        raise ValueError(f"expected scores of {REFERENCE}")
    count = len(first.themes)
    found = compare(first, second, [list(targets)] * count, tagger.manifest.rule.thresholds)
    return round(found.decisions * (first.themes.size + len(targets) * count))


def _curve(contenders: Mapping[str, Way], texts: Sequence[str], tagger: Tagger) -> list[dict[str, Any]]:
    """Return seconds of the fastest fp32 engine for more sentences and for more targets."""
    run = contenders["OpenVINO fp32"]
    names = [*(target.name for target in tagger.schema.targets), "Shenghe", "Energy Fuels", "Arafura"]
    part = texts[: len(texts) // 4]
    rows = []
    for count in (1, 4, 8, 16):
        rows.append({"targets": count, "sentences": len(part), "seconds": seconds(lambda: run(part, names[:count]))})  # noqa: B023
    for share in (16, 4, 1):
        some = texts[: len(texts) // share]
        rows.append({"targets": 0, "sentences": len(some), "seconds": seconds(lambda: run(some, ()))})  # noqa: B023
    return rows


def _first(sentences: Unlabelled, count: int) -> Unlabelled:
    return Unlabelled(sentences.texts[:count], sentences.contexts[:count], sentences.asked[:count])


def _processes(
    folder: Path, texts: Sequence[str], without: Sequence[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return seconds to the first tag, and the most memory that tagging takes, by runtime."""
    articles = folder.with_name("articles")
    articles.mkdir()
    (articles / "one.txt").write_text("\n\n".join(texts), encoding="utf-8")
    names = [name for name in made_for(folder / "model") if name not in without]
    starts, memory = [started(folder, name) for name in names], [remembered(folder, name, articles) for name in names]
    for start, most in zip(starts, memory, strict=True):
        sys.stdout.write(
            f"{start['runtime']:34} {start['seconds']:6.2f} s to the first tag, {start['service_seconds']:.2f} s to a "
            f"service {most['megabytes']:6.0f} MB\n"
        )
    return starts, memory


def _chart(rows: Sequence[Mapping[str, Any]]) -> None:
    figure = Figure(figsize=(8, 5), layout="constrained")
    for axes, workload in zip(figure.subplots(1, 2), WORKLOADS, strict=True):
        own = [row for row in rows if row["workload"] == workload and "idf" not in row["path"].casefold()]
        axes.barh([row["path"] for row in own], [row["ratio"] for row in own])
        axes.invert_yaxis()
        axes.set(title=workload, xlabel="times the pipeline's speed")
    figure.savefig(OUT / "chart.png", dpi=120)


if __name__ == "__main__":
    main(sys.argv[1:])
