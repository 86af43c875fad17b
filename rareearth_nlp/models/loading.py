"""Finds the family that a saved model belongs to."""

from __future__ import annotations

from pathlib import Path

from rareearth_nlp.errors import ModelError
from rareearth_nlp.labels import LabelSchema
from rareearth_nlp.models.contract import Classifier
from rareearth_nlp.models.engines import Runtime


def load_classifier(
    family: str, folder: Path, schema: LabelSchema, runtime: Runtime = "auto", threads: int | None = None
) -> Classifier:
    """Return the classifier that `save` wrote; the last two arguments are an encoder's, see `engines.load_engine`.

    Raises:
        ModelError: The family is unknown or the files are not a model of it.
    """
    if family == "tfidf":
        from rareearth_nlp.models.tfidf import TfidfClassifier

        return TfidfClassifier.load(folder, themes=len(schema.themes))
    if family == "encoder":
        from rareearth_nlp.models.encoder import EncoderClassifier

        return EncoderClassifier.load(folder, len(schema.themes), runtime, threads)
    raise ModelError(f"{folder}: expected a model of family tfidf or encoder, got {family!r}; update rareearth_nlp")
