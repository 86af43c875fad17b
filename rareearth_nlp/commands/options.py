"""What several commands are told alike."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from rareearth_nlp.errors import DataError
from rareearth_nlp.models.engines import Runtime


def tagger_options(arguments: Namespace) -> tuple[str | None, Sequence[str], Runtime, int | None]:
    """Return the arguments of `choose_tagger`."""
    return arguments.tagger, arguments.thresholds, arguments.runtime, arguments.threads


def file_to_write(name: str, suffixes: Sequence[str]) -> Path:
    """Return the file, once it is clear that it can be written; an older one is replaced.

    Raises:
        DataError: It ends in another suffix, is a folder, or its folder does not exist.
    """
    file = Path(name)
    if file.suffix not in suffixes:
        raise DataError(f"{file}: expected a file that ends in {', '.join(suffixes)}; rename it")
    if file.is_dir():
        raise DataError(f"{file}: is a folder; name a file")
    if not file.parent.is_dir():
        raise DataError(f"{file}: its folder does not exist; name a file in one that does")
    return file
