"""What several commands are told alike."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from rareearth_nlp.errors import DataError
from rareearth_nlp.models.engines import Runtime
from rareearth_nlp.tagging.writing import check_out


def tagger_options(arguments: Namespace) -> tuple[str | None, Sequence[str], Runtime, int | None]:
    """Return the arguments of `choose_tagger`."""
    return arguments.tagger, arguments.thresholds, arguments.runtime, arguments.threads


def file_to_write(name: str, suffixes: Sequence[str]) -> Path:
    """Return the file, once it is clear that it can be written; an older one is replaced.

    Raises:
        DataError: As `check_out`, or its folder does not exist.
    """
    file = Path(name)
    check_out(file, suffixes, overwrite=True)
    if not file.parent.is_dir():
        raise DataError(f"{file}: its folder does not exist; name a file in one that does")
    return file
