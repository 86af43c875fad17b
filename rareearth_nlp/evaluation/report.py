"""An evaluation as one HTML page that needs nothing but itself."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping

from markupsafe import Markup
from matplotlib.figure import Figure

from rareearth_nlp.evaluation.evaluate import Evaluation
from rareearth_nlp.evaluation.mistakes import worst_mistakes
from rareearth_nlp.evaluation.tables import interval, number
from rareearth_nlp.resources import templates


def render(evaluation: Evaluation, controls: Mapping[str, Evaluation], figures: Iterable[Figure], title: str) -> str:
    """Return a page: the metrics of every label and part beside the controls, the figures, the worst errors."""
    environment = templates("evaluation")
    environment.filters |= {"number": number, "interval": interval}
    return environment.get_template("evaluation.html").render(
        title=title,
        sizes=evaluation.to_dict(),
        tasks=evaluation.tasks,
        simple={name: control.tasks for name, control in controls.items()},
        parts=evaluation.parts_beside(controls),
        promises=evaluation.promises,
        plots=[_svg(figure) for figure in figures],
        mistakes=worst_mistakes(evaluation),
    )


def _svg(figure: Figure) -> Markup:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    drawing = text.getvalue()
    return Markup(drawing[drawing.index("<svg") :])  # noqa: S704  # our own drawing; matplotlib escapes the labels
