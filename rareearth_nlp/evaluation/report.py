"""An evaluation as one HTML page that needs nothing but itself."""

from __future__ import annotations

import io
from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from rareearth_nlp.evaluation.evaluate import Evaluation, Part
from rareearth_nlp.evaluation.metrics import TaskMetrics
from rareearth_nlp.evaluation.mistakes import worst_mistakes
from rareearth_nlp.evaluation.plots import PLOTS


def render(evaluation: Evaluation, controls: Mapping[str, Evaluation], title: str) -> str:
    """Return a page with the metrics of every label and part, beside the controls, with plots and the worst errors."""
    environment = Environment(
        loader=PackageLoader("rareearth_nlp.evaluation", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "interval": interval}
    return environment.get_template("evaluation.html").render(
        title=title,
        sizes=evaluation.to_dict(),
        tasks=tasks(evaluation),
        simple={name: tasks(control) for name, control in controls.items()},
        parts=parts(evaluation, controls),
        promises=evaluation.promises,
        plots=[_svg(draw(evaluation)) for draw in PLOTS.values()] if evaluation.data.texts else [],
        mistakes=worst_mistakes(evaluation),
    )


def tasks(evaluation: Evaluation) -> dict[str, TaskMetrics]:
    """Return the metrics of every task by the name that tables give it."""
    found = {"themes": evaluation.themes, "stance, all targets": evaluation.stance}
    return found | {f"stance: {target}": metrics for target, metrics in evaluation.stance_by_target.items()}


def parts(evaluation: Evaluation, controls: Mapping[str, Evaluation]) -> dict[str, Part]:
    """Return the whole, its parts, and the whole as each control does it."""
    found = {"all": Part(evaluation.themes, evaluation.stance), **evaluation.parts}
    blind = {name for name in controls if "blind" in name}  # to targets, so it says nothing new of themes
    return found | {
        f"all, {name}": Part(None if name in blind else control.themes, control.stance)
        for name, control in controls.items()
    }


def _svg(figure: Figure) -> Markup:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    drawing = text.getvalue()
    return Markup(drawing[drawing.index("<svg") :])  # noqa: S704  # our own drawing; matplotlib escapes the labels


def number(value: float | None) -> str:
    """Return a metric as tables show it."""
    return "" if value is None else f"{value:.2f}"


def interval(values: tuple[float, float] | None) -> str:
    """Return an interval as tables show it."""
    return "" if values is None else f"{values[0]:.2f} to {values[1]:.2f}"
