"""A corpus at a glance: labels per split as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure


def draw(counts: Mapping[str, int], themes: Sequence[str], splits: Sequence[str]) -> Figure:
    """Return bars of the themes and of the sides taken, a colour per split; counts from `statistics.count`."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    _bars(left, counts, [f"themes/{theme}" for theme in themes], splits, "sentences per theme")
    sides = [name for name in counts if name.startswith("stance/") and not name.endswith("neutral")]
    _bars(right, counts, sides, splits, "pairs that take a side")
    right.legend(frameon=False)
    return figure


def _bars(axes: Axes, counts: Mapping[str, int], names: Sequence[str], splits: Sequence[str], title: str) -> None:
    start = [0] * len(names)
    labels = [name.partition("/")[2] for name in names]
    for split in splits:
        sizes = [counts[f"{split}/{name}"] for name in names]
        axes.barh(labels, sizes, left=start, label=split)
        start = [before + size for before, size in zip(start, sizes, strict=True)]
    axes.invert_yaxis()
    axes.set_title(title)
