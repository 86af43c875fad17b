"""What an interrupted training leaves for the next: a folder of its own, in which one process at a time works."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from rareearth_nlp.errors import ConfigError

if TYPE_CHECKING:
    from rareearth_nlp.training.ingredients import Ingredients

LOCK = ".lock"


@contextmanager
def resumable(ingredients: Ingredients) -> Iterator[None]:
    """Keep what a training of these ingredients has done until the block, which makes its tagger safe, ends well.

    Raises:
        ConfigError: The same training is under way in another process.
    """
    folder = checkpoints(ingredients)
    with alone(folder, "this very training"):
        done = False
        try:
            yield
            done = True
        finally:
            if done or [file.name for file in folder.iterdir()] == [LOCK]:  # refused before anything was trained
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def alone(folder: Path, work: str) -> Iterator[None]:
    """Keep other processes from the same work in this folder, which is made if need be.

    Raises:
        ConfigError: One is at it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / LOCK, timeout=0):
            yield
    except Timeout:
        raise ConfigError(
            f"{work} is under way in another process, which works in {folder}; wait for it, or set another "
            "taggers=FOLDER"
        ) from None


def checkpoints(ingredients: Ingredients) -> Path:
    """Return the folder that a repeated training has in common with an interrupted one, and with no other training."""
    config = ingredients.config
    parts = (
        version("rareearth_nlp"),
        config.model.model_dump_json(),
        ingredients.weights.digest if ingredients.weights else "",
        ingredients.schema.model_dump_json(),
        str(config.random_seed),
        str(config.calibration.folds),
        ingredients.taught.digest if ingredients.taught else "",
        ingredients.corpus_digest,
        str(ingredients.split_sizes),
    )
    name = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    return config.taggers / ".checkpoints" / name
