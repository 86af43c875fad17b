"""What several commands are told alike."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rareearth_nlp.errors import ConfigError, DataError
from rareearth_nlp.tagging.writing import check_out

if TYPE_CHECKING:
    from rareearth_nlp.config import Config
    from rareearth_nlp.models.engines import Runtime


def read_config(settings: Sequence[str]) -> Config:
    """Return the configuration of `[CONFIG] [KEY=VALUE ...]`."""
    from rareearth_nlp.config import load_config

    named = [setting for setting in settings if "=" not in setting]
    if len(named) > 1:
        raise ConfigError(f"expected one configuration, got {' and '.join(named)}; write overrides as key=value")
    return load_config(named[0] if named else None, [setting for setting in settings if "=" in setting])


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
