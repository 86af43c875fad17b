"""What the runs need of a public benchmark: its data as ours, a recipe, the measures, what others published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.models.contract import Scores

Measures = dict[str, Any]
"""Scores by the heading of their column, from 0 to 1; an interval is a list of two."""


@dataclass(frozen=True)
class Benchmark:
    """A public benchmark.

    Attributes:
        recipe: What differs from the shipped configuration, as `key=value`.
        published: The scores that others report, by name and column, in percent.
        columns: The measures of test that the table shows, in order.
        read: Returns the splits as ours, from the rows by split.
        measure: Returns the measures by split; what is tuned is tuned on validation.
    """

    recipe: Sequence[str]
    published: Mapping[str, Mapping[str, str]]
    columns: Sequence[str]
    read: Callable[[Mapping[str, Any]], dict[str, Labelled]]
    measure: Callable[[Mapping[str, Labelled], Mapping[str, Scores]], dict[str, Measures]]
