"""Would more of the corpus help? `python experiments/learning_curve/run.py SEED ...`, then `... table CORPUS`.

Themes alone, learnt from a growing share of the training documents, and from as many documents by few and by many
writers; scores on the familiar and the unfamiliar part of validation. Seeds may run side by side. A run is a line in
runs/<corpus>/<seed>.jsonl and is not done again; `table CORPUS` writes result.md and curve.png from a folder of runs/.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from rareearth_nlp.config import load_config
from rareearth_nlp.corpus.dataset import Labelled, labelled, to_datasets
from rareearth_nlp.corpus.loading import Corpus, load_corpus
from rareearth_nlp.corpus.splitting import Splits, split_corpus
from rareearth_nlp.documents import Example
from rareearth_nlp.evaluation.metrics import theme_metrics
from rareearth_nlp.labels import LabelSchema, load_labels
from rareearth_nlp.models.decisions import same_threshold
from rareearth_nlp.models.weights import find_weights
from rareearth_nlp.training.finetune import finetune

FOLDER = Path(__file__).parent
RECIPE = ("model.epochs=2", "model.min_steps=200")
SHARES = (0.1, 0.25, 0.5, 1.0)
WRITERS = (4, 8, 20)
DOCUMENTS = 40
"""Training documents of the runs that compare few writers with many."""


@dataclass(frozen=True)
class Setting:
    """What every run shares."""

    corpus: Corpus
    splits: Splits
    schema: LabelSchema


def main(arguments: Sequence[str]) -> None:
    """Do the runs of the seeds named, or write the table."""
    if len(arguments) == 2 and arguments[0] == "table":
        _write(_finished(FOLDER / "runs" / arguments[1]))
        return
    config = load_config()
    schema = load_labels(config.labels_path)
    corpus = load_corpus(config.corpus_path, schema)
    setting = Setting(corpus, split_corpus(corpus, config.corpus), schema)
    for seed in map(int, arguments):
        _runs(setting, seed)


def _runs(setting: Setting, seed: int) -> None:
    file = FOLDER / "runs" / setting.corpus.digest[:8] / f"{seed}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    done = {row["name"] for row in _lines(file)}
    for name, documents in _choices(setting, seed):
        if name in done:
            continue
        examples = [example for example in setting.splits["train"] if example.document_id in documents]
        row = {"name": name, "documents": len(documents), "sentences": len(examples)}
        row |= _score(setting, examples, seed)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
        sys.stderr.write(f"{seed} {row}\n")


def _choices(setting: Setting, seed: int) -> Iterator[tuple[str, set[str]]]:
    """Yield a name and the training documents of each run; a share contains the smaller ones."""
    draw = np.random.default_rng(seed)
    documents = sorted({example.document_id for example in setting.splits["train"]})
    order = [documents[place] for place in draw.permutation(len(documents))]
    for share in SHARES:
        yield f"{share:.0%}", set(order[: round(share * len(order))])
    by_writer: dict[str, list[str]] = {}
    for document in order:
        by_writer.setdefault(str(setting.corpus.documents[document].writer), []).append(document)
    for number in WRITERS:
        able = sorted(writer for writer, own in by_writer.items() if len(own) * number >= DOCUMENTS)
        chosen = [able[place] for place in draw.permutation(len(able))[:number]]
        yield f"{number} writers", {name for writer in chosen for name in by_writer[writer][: DOCUMENTS // number]}


def _score(setting: Setting, examples: Sequence[Example], seed: int) -> dict[str, float]:
    config = load_config("encoder", RECIPE)
    model: Any = config.model
    names = setting.schema.theme_names
    classifier = finetune(
        _themes_only(examples, setting.schema), len(names), find_weights(model), model, random_seed=seed
    )
    found = {}
    for part, members in _parts(setting).items():
        data = _themes_only(members, setting.schema)
        scores = classifier.score(data.texts, [()] * len(data.texts), data.contexts).themes
        metrics = theme_metrics(data, scores, names, same_threshold(names, config.threshold))
        found[f"{part} f1"] = metrics.macro_f1
        found[f"{part} ap"] = statistics.mean(label.average_precision or 0 for label in metrics.labels.values())
    return found


def _themes_only(examples: Sequence[Example], schema: LabelSchema) -> Labelled:
    rows = to_datasets({"part": tuple(examples)}, schema)["part"]
    return labelled(rows.map(lambda _: {"stance": []}), schema)


def _parts(setting: Setting) -> Mapping[str, list[Example]]:
    """Return validation's documents by writers that train has, and those by writers that it has not."""
    writer = {name: record.writer for name, record in setting.corpus.documents.items()}
    known = {writer[example.document_id] for example in setting.splits["train"]}
    parts: dict[str, list[Example]] = {"familiar": [], "unfamiliar": []}
    for example in setting.splits["validation"]:
        parts["familiar" if writer[example.document_id] in known else "unfamiliar"].append(example)
    return parts


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.is_file() else []


def _finished(folder: Path) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(folder.glob("*.jsonl")):
        for row in _lines(file):
            rows.setdefault(row["name"], []).append(row)
    return rows


def _write(rows: Mapping[str, list[dict[str, Any]]]) -> None:
    columns = [f"{part} {metric}" for metric in ("f1", "ap") for part in ("familiar", "unfamiliar")]
    lines = [
        "| trained on | documents | sentences | seeds | macro-F1, familiar writers | unfamiliar "
        "| average precision, familiar | unfamiliar |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, runs in rows.items():
        sentences = statistics.mean(run["sentences"] for run in runs)
        cells = []
        for column in columns:
            values = [run[column] for run in runs]
            cells.append(f"{statistics.mean(values):.2f} ({min(values):.2f} to {max(values):.2f})")
        lines.append(f"| {name} | {runs[0]['documents']} | {sentences:.0f} | {len(runs)} | {' | '.join(cells)} |")
    (FOLDER / "result.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _draw(rows).savefig(FOLDER / "curve.png", dpi=120)


def _draw(rows: Mapping[str, list[dict[str, Any]]]) -> Figure:
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.add_subplot(xlabel="training documents", ylabel="themes, macro-F1", title="More of the corpus")
    shares = [runs for name, runs in rows.items() if name.endswith("%")]
    for part in ("familiar", "unfamiliar"):
        sizes = [runs[0]["documents"] for runs in shares]
        values = [[run[f"{part} f1"] for run in runs] for runs in shares]
        (line,) = axes.plot(sizes, [statistics.mean(points) for points in values], "o-", label=f"{part} writers")
        for size, points in zip(sizes, values, strict=True):
            axes.plot([size] * len(points), points, ".", color=line.get_color(), alpha=0.5)
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return figure


if __name__ == "__main__":
    main(sys.argv[1:])
