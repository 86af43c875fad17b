"""`export`: a tagger in a faster form."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from rareearth_nlp.corpus.unlabelled import read_unlabelled
from rareearth_nlp.errors import ModelError
from rareearth_nlp.tagging.choosing import choose_tagger
from rareearth_nlp.tagging.export import exported


def export(arguments: Namespace) -> int:
    """Write the new tagger directory; how far it is from the old one is told and stands in its manifest."""
    out = Path(arguments.out)
    if out.exists():
        raise ModelError(f"{out}: exists already; name another directory")
    tagger = choose_tagger(arguments.tagger, trained=True)
    sentences = read_unlabelled(Path(arguments.sentences) if arguments.sentences else None, tagger.schema)
    with exported(tagger, sentences, arguments.precision, onnx=arguments.onnx) as fast:
        fast.save(out)
    found = fast.manifest.parity
    if found:
        sys.stdout.write(
            f"{out}  (id {fast.id}): on {found.sentences} sentences scores differ by {found.largest:.2g} at most, "
            f"{found.decisions:.3%} of the decisions change\n"
        )
    return 0
