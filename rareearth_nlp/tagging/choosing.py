"""Which tagger a command takes when several lie about."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from rareearth_nlp.errors import ModelError
from rareearth_nlp.tagging.manifest import MANIFEST_FILE, read_manifest
from rareearth_nlp.tagging.tagger import Tagger

_log = logging.getLogger(__name__)

VARIABLE = "RAREEARTH_TAGGER"
FOLDER = Path("taggers")


def choose_tagger(asked: str | None = None) -> Tagger:
    """Return the tagger asked for, else that of `RAREEARTH_TAGGER`, else the newest under `taggers/`; the log names it.

    Raises:
        ModelError: There is none, or it cannot be loaded.
    """
    source, why = _source(asked)
    tagger = Tagger.load(source)
    _log.info("tagger %s (id %s, %s)", source, tagger.id, why)
    return tagger


def _source(asked: str | None) -> tuple[str, str]:
    if asked:
        return asked, "as asked"
    if os.environ.get(VARIABLE):
        return os.environ[VARIABLE], f"from {VARIABLE}"
    found = [file.parent for file in FOLDER.glob(f"[!.]*/{MANIFEST_FILE}")]
    if not found:
        raise ModelError(
            f"no tagger: none asked for, {VARIABLE} not set, none under {FOLDER}/; make one with: rareearth-nlp train"
        )
    return str(max(found, key=lambda folder: read_manifest(folder).provenance.created)), f"the newest under {FOLDER}/"
