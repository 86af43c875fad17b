"""Numbers as tables show them, in a terminal or on a page."""

from __future__ import annotations


def number(value: float | None) -> str:
    """Return a metric; of what is undefined, nothing."""
    return "" if value is None else f"{value:.2f}"


def interval(values: tuple[float, float] | None) -> str:
    """Return the ends of an interval."""
    return "" if values is None else f"{values[0]:.2f} to {values[1]:.2f}"
