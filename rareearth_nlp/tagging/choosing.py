"""Which tagger a command takes when several lie about."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from rareearth_nlp.errors import DataError, ModelError
from rareearth_nlp.models.engines import Runtime
from rareearth_nlp.tagging.manifest import MANIFEST_FILE, read_manifest
from rareearth_nlp.tagging.tagger import Tagger

_log = logging.getLogger(__name__)

VARIABLE = "RAREEARTH_TAGGER"
FOLDER = Path("taggers")


def choose_tagger(
    asked: str | None = None,
    thresholds: Sequence[str] = (),
    runtime: Runtime = "auto",
    threads: int | None = None,
    *,
    trained: bool = False,
) -> Tagger:
    """Return the tagger asked for, else that of `RAREEARTH_TAGGER`, else the newest under `taggers/`; the log names it.

    Args:
        asked: A directory, or a URI of MLflow.
        thresholds: To change, as `LABEL=VALUE`.
        runtime: As for `Tagger.load`.
        threads: As for `Tagger.load`.
        trained: Of those under `taggers/`, pass over what was exported.

    Raises:
        ModelError: There is none, or it cannot be loaded.
        DataError: A threshold is not understood.
    """
    source, why = _source(asked, trained)
    tagger = Tagger.load(source, runtime=runtime, threads=threads)
    if thresholds:
        tagger = tagger.with_thresholds(dict(map(_threshold, thresholds)))
    _log.info("tagger %s (id %s, %s)", source, tagger.id, why)
    return tagger


def _threshold(setting: str) -> tuple[str, float]:
    label, _, value = setting.partition("=")
    try:
        return label, float(value)
    except ValueError:
        raise DataError(f"expected LABEL=VALUE, got {setting!r}; write for instance risk=0.4") from None


def _source(asked: str | None, trained: bool) -> tuple[str, str]:
    if asked:
        return asked, "as asked"
    if os.environ.get(VARIABLE):
        return os.environ[VARIABLE], f"from {VARIABLE}"
    found = {folder: (created, fast) for folder, created, fast in _readable() if not (fast and trained)}
    if not found:
        raise ModelError(
            f"no tagger: none asked for, {VARIABLE} not set, none under {FOLDER}/; make one with: rareearth-nlp train"
        )
    return str(max(found, key=lambda folder: found[folder])), f"the newest under {FOLDER}/"


def _readable() -> Iterator[tuple[Path, str, bool]]:
    """Yield the taggers at hand, when they were trained, and whether they are exported, which is to be faster.

    What cannot be read is told and passed over.
    """
    for file in sorted(FOLDER.glob(f"[!.]*/{MANIFEST_FILE}")):
        try:
            manifest = read_manifest(file.parent)
            yield file.parent, manifest.provenance.created, manifest.parity is not None
        except ModelError as problem:
            _log.warning("passed over %s", problem)
