"""What a command prints: tagged sentences and metrics as tables on standard output."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rareearth_nlp.evaluation.tables import interval, number

if TYPE_CHECKING:
    from rareearth_nlp.documents import StanceTag, TaggedDocument, TaggedSentence
    from rareearth_nlp.evaluation.evaluate import Evaluation
    from rareearth_nlp.evaluation.metrics import TaskMetrics
    from rareearth_nlp.models.decisions import DecisionRule

_WIDTH = 120
"""Columns when standard output is not a terminal."""

_STANCE_STYLES = {"favor": "green", "against": "red", "neutral": "dim"}


def console() -> Console:
    """Return a console on standard output, as wide as the terminal."""
    width = shutil.get_terminal_size((_WIDTH, 40)).columns if sys.stdout.isatty() else _WIDTH
    return Console(width=width, highlight=False, markup=False)  # what is printed is others' text


def tags_table(document: TaggedDocument) -> Table:
    """Return a row per sentence: its words, its themes, its stance toward each target, with probabilities."""
    table = Table(box=SIMPLE_HEAD, title=document.document.title, title_justify="left", pad_edge=False)
    table.add_column("#", justify="right", style="dim")
    table.add_column("sentence", ratio=4)
    table.add_column("themes", no_wrap=True)
    targets = list(dict.fromkeys(target for sentence in document.sentences for target in sentence.stances))
    for target in targets:
        table.add_column(target, max_width=16)
    for place, sentence in enumerate(document.sentences, start=1):
        stances = [_stance(sentence.stances[target]) for target in targets]
        table.add_row(str(place), Text(sentence.text, style=_style(sentence)), _themes(sentence), *stances)
    return table


def metrics_table(evaluation: Evaluation, controls: Mapping[str, Evaluation], title: str) -> Table:
    """Return a row per label of themes and stance; the last two columns are F1 of controls that need no encoder."""
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    columns = ["label", "n", "precision", "recall", "F1", "95% interval", "AP", "Brier"]
    for column in (*columns, "TF-IDF", "always"):
        table.add_column(column, justify="left" if column == "label" else "right", no_wrap=True)
    simple = controls["TF-IDF"].tasks if "TF-IDF" in controls else {}
    for name, metrics in evaluation.tasks.items():
        _add_task(table, name, metrics, simple.get(name))
        table.add_section()
    return table


def parts_table(evaluation: Evaluation, controls: Mapping[str, Evaluation]) -> Table:
    """Return a row per part: familiar and unfamiliar writers, seen and unseen targets, natural mix, controls.

    The page that `evaluate --out` writes has the families of genres besides.
    """
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    themes = ["sentences", "themes F1", "95% interval"]
    for column in ("part", *themes, "pairs", "stance F1", "favor/against F1", "95% interval"):
        table.add_column(column, justify="left" if column == "part" else "right", no_wrap=True)
    shown = {name: part for name, part in evaluation.parts_beside(controls).items() if not name.startswith("family: ")}
    for name, part in shown.items():
        cells = [""] * 7
        if part.themes:
            cells[:3] = [str(part.themes.count), number(part.themes.macro_f1), interval(part.themes.macro_interval)]
        if part.stance:
            sides = [number(part.stance.favor_against_f1), interval(part.stance.favor_against_interval)]
            cells[3:] = [str(part.stance.count), number(part.stance.macro_f1), *sides]
        table.add_row(name, *cells)
    return table


def promises_table(rule: DecisionRule) -> Table:
    """Return, for each precision that can be asked for, the share of each label's positives that is still tagged."""
    title = "Recall at a promised precision (-: not certifiable at the size of the corpus)"
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    table.add_column("--precision")
    for label in rule.promises[0].cuts:
        table.add_column(label, justify="right")
    for promise in rule.promises:
        cells = ["-" if cut is None else f"{promise.recall[label]:.2f}" for label, cut in promise.cuts.items()]
        table.add_row(f"{promise.precision:g}", *cells)
    return table


def _add_task(table: Table, task: str, metrics: TaskMetrics, control: TaskMetrics | None) -> None:
    macro = ["", "", number(metrics.macro_f1), interval(metrics.macro_interval), "", ""]
    simple = number(control.macro_f1) if control else ""
    table.add_row(f"{task} (macro)", str(metrics.count), *macro, simple, "", style="bold")
    for name, label in metrics.labels.items():
        values = [number(value) for value in (label.precision, label.recall, label.f1)]
        values += [interval(label.interval), number(label.average_precision), number(label.brier_skill)]
        simple = number(control.labels[name].f1) if control else ""
        table.add_row(f"  {name}", str(label.support), *values, simple, number(label.always_f1))


def _themes(sentence: TaggedSentence) -> Text:
    tagged = [f"{name} {sentence.scores[name]:.2f}" for name in sentence.themes]
    tagged += [f"abstained: {name} {sentence.scores[name]:.2f}" for name in sentence.abstained]
    if tagged:
        return Text("\n".join(tagged), style="bold")
    best = max(sentence.scores, key=lambda name: sentence.scores[name])
    return Text(f"({best} {sentence.scores[best]:.2f})", style="dim")


def _stance(tag: StanceTag) -> Text:
    return Text(f"{tag.label} {tag.score:.2f}", style=_STANCE_STYLES.get(tag.label, ""))


def _style(sentence: TaggedSentence) -> str:
    return "bold" if sentence.kind == "heading" else ""
