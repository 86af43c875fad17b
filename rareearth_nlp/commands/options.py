"""What several commands are told alike."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from rareearth_nlp.models.engines import Runtime


def tagger_options(arguments: Namespace) -> tuple[str | None, Sequence[str], Runtime, int | None]:
    """Return the arguments of `choose_tagger`."""
    return arguments.tagger, arguments.thresholds, arguments.runtime, arguments.threads
