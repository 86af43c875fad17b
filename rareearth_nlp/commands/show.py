"""What a command prints: tagged sentences and metrics as tables on standard output."""

from __future__ import annotations

import shutil
import sys

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rareearth_nlp.documents import StanceTag, TaggedDocument, TaggedSentence
from rareearth_nlp.training.evaluate import Evaluation
from rareearth_nlp.training.metrics import TaskMetrics

_WIDTH = 120
"""Columns when standard output is not a terminal."""

_STANCE_STYLES = {"favor": "green", "against": "red", "neutral": "dim"}


def console() -> Console:
    """Return a console on standard output, as wide as the terminal."""
    width = shutil.get_terminal_size((_WIDTH, 40)).columns if sys.stdout.isatty() else _WIDTH
    return Console(width=width, highlight=False)


def tags_table(document: TaggedDocument) -> Table:
    """Return a row per sentence: its words, its themes, its stance toward each target, with probabilities."""
    table = Table(
        box=SIMPLE_HEAD, show_lines=False, title=document.document.title, title_justify="left", pad_edge=False
    )
    table.add_column("#", justify="right", style="dim")
    table.add_column("sentence", ratio=4)
    table.add_column("themes", no_wrap=True)
    targets = list(dict.fromkeys(target for sentence in document.sentences for target in sentence.stances))
    for target in targets:
        table.add_column(target, max_width=16)
    for number, sentence in enumerate(document.sentences, start=1):
        stances = [_stance(sentence.stances[target]) for target in targets]
        table.add_row(str(number), Text(sentence.text, style=_style(sentence)), _themes(sentence), *stances)
    return table


def metrics_table(evaluation: Evaluation, baseline: Evaluation | None, title: str) -> Table:
    """Return a row per label of themes and stance, the baseline's F1 beside it."""
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for column in (
        "label",
        "n",
        "precision",
        "recall",
        "F1",
        "95% interval",
        "avg. prec.",
        "TF-IDF F1",
        "always F1",
    ):
        table.add_column(column, justify="left" if column == "label" else "right")
    _add_task(table, "themes", evaluation.themes, baseline.themes if baseline else None)
    table.add_section()
    _add_task(table, "stance, all targets", evaluation.stance, baseline.stance if baseline else None)
    for target, metrics in evaluation.stance_by_target.items():
        table.add_section()
        _add_task(table, f"stance: {target}", metrics, baseline.stance_by_target.get(target) if baseline else None)
    return table


def _add_task(table: Table, task: str, metrics: TaskMetrics, baseline: TaskMetrics | None) -> None:
    low, high = metrics.macro_interval
    macro = ["", "", f"{metrics.macro_f1:.2f}", f"{low:.2f} to {high:.2f}", ""]
    base = f"{baseline.macro_f1:.2f}" if baseline else ""
    table.add_row(f"{task} (macro)", str(metrics.count), *macro, base, "", style="bold")
    for name, label in metrics.labels.items():
        low, high = label.interval
        values = [f"{value:.2f}" for value in (label.precision, label.recall, label.f1)]
        base = f"{baseline.labels[name].f1:.2f}" if baseline else ""
        rest = [f"{low:.2f} to {high:.2f}", _number(label.average_precision), base, f"{label.always_f1:.2f}"]
        table.add_row(f"  {name}", str(label.support), *values, *rest)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _themes(sentence: TaggedSentence) -> Text:
    tagged = [f"{name} {sentence.scores[name]:.2f}" for name in sentence.themes]
    if tagged:
        return Text("\n".join(tagged), style="bold")
    best = max(sentence.scores, key=lambda name: sentence.scores[name])
    return Text(f"({best} {sentence.scores[best]:.2f})", style="dim")


def _stance(tag: StanceTag) -> Text:
    return Text(f"{tag.label} {tag.scores[tag.label]:.2f}", style=_STANCE_STYLES.get(tag.label, ""))


def _style(sentence: TaggedSentence) -> str:
    return "bold" if sentence.kind == "heading" else ""
