"""`tagger.json`: what a tagger directory promises, and whether it keeps it."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rareearth_nlp.errors import ModelError
from rareearth_nlp.evaluation.parity import Parity
from rareearth_nlp.models.decisions import DecisionRule
from rareearth_nlp.models.weights import sha256
from rareearth_nlp.validation import Strict, reason, validate

FORMAT_VERSION = 3
MANIFEST_FILE = "tagger.json"
LABELS_FILE = "labels.yaml"
MODEL_FOLDER = "model"


class Provenance(Strict):
    """Where a tagger comes from.

    Attributes:
        created: ISO 8601 time of training, UTC.
        package_version: Version of rareearth_nlp.
        git_commit: Commit of the checkout it was trained from, where there was one.
        corpus_digest: SHA-256 of the corpus.
        split_sizes: Sentences per split.
        weights: The starting weights, where the family has some.
        weights_license: Their licence, where known; it binds whoever ships the tagger.
        config: The resolved configuration.
        validation: Metrics on the validation split.
    """

    created: str
    package_version: str
    git_commit: str | None
    corpus_digest: str
    split_sizes: dict[str, int]
    weights: str | None
    weights_license: str | None
    config: dict[str, Any]
    validation: dict[str, float]


class Manifest(Strict):
    """The content of `tagger.json`.

    Attributes:
        files: SHA-256 of every other file in the directory, by its relative path.
        rule: How tags come from scores.
        parity: How far an exported tagger is from the one that was trained; None if it is that one.
    """

    format_version: int
    family: str
    rule: DecisionRule
    provenance: Provenance
    files: dict[str, str]
    parity: Parity | None = None

    @property
    def id(self) -> str:
        """Twelve digits that name this very tagger: they change with any of its files, its rule or provenance."""
        return hashlib.sha256(self.model_dump_json(exclude_none=True).encode()).hexdigest()[:12]


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below the folder but the manifest."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file != folder / MANIFEST_FILE)
    return {file.relative_to(folder).as_posix(): sha256(file) for file in files}


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a tagger directory.

    Raises:
        ModelError: There is no such directory, it is no tagger, or its format is newer than this package reads.
    """
    file = folder / MANIFEST_FILE
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such tagger directory; train one with: rareearth-nlp train")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{folder}: not a tagger directory (no {MANIFEST_FILE}); name one made by `train`") from None
    except (OSError, ValueError) as problem:
        raise ModelError(f"{file}: not a readable manifest ({reason(problem)}); copy the tagger again") from None
    version = content.get("format_version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise ModelError(
            f"{file}: format {version} is newer than format {FORMAT_VERSION}, which this version reads; "
            "install a newer rareearth_nlp"
        )
    if isinstance(version, int) and version < FORMAT_VERSION:
        raise ModelError(
            f"{file}: format {version} is older than format {FORMAT_VERSION}, which this version reads; "
            "train the tagger again"
        )
    return validate(Manifest, content, str(file), ModelError)


def verify(folder: Path, manifest: Manifest) -> None:
    """Check every file against the manifest.

    Raises:
        ModelError: A file is missing or altered, or one lies among the model's that is not the tagger's.
    """
    files = [folder / name for name in manifest.files]
    for file in files:
        if not file.is_file():
            raise ModelError(f"{file}: missing, though {MANIFEST_FILE} lists it; copy the tagger again")
    with ThreadPoolExecutor() as pool:  # hashing is a good part of a cold start
        for file, expected, found in zip(files, manifest.files.values(), pool.map(sha256, files), strict=True):
            if found != expected:
                raise ModelError(f"{file}: altered since it was written (its SHA-256 differs); copy the tagger again")
    for file in sorted((folder / MODEL_FOLDER).glob("[!.]*")):
        if file.relative_to(folder).as_posix() not in manifest.files:
            raise ModelError(f"{file}: not of this tagger, and might be computed instead of it; remove it")
