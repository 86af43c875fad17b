"""Distillation: what trained taggers say of text without labels is learnt beside the corpus.

Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network" (2015), with several taggers as one teacher.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rareearth_nlp.config import DistillationConfig
from rareearth_nlp.corpus.unlabelled import Unlabelled, read_unlabelled
from rareearth_nlp.errors import ConfigError
from rareearth_nlp.labels import LabelSchema
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.tagging.tagger import Tagger

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Taught:
    """Sentences without labels, and the mean of the teachers' calibrated scores."""

    sentences: Unlabelled
    scores: Scores

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the sentences and the scores."""
        questions = json.dumps([self.sentences.texts, self.sentences.contexts, self.sentences.asked])
        content = questions.encode() + self.scores.themes.tobytes() + self.scores.stances.tobytes()
        return hashlib.sha256(content).hexdigest()


def teach(settings: DistillationConfig, schema: LabelSchema) -> Taught | None:
    """Return what the configured teachers say; None without teachers.

    Raises:
        ModelError: A teacher cannot be loaded.
        ConfigError: A teacher tags other themes.
        DataError: The sentences cannot be read.
    """
    if not settings.teachers:
        return None
    sentences = read_unlabelled(settings.documents, schema)
    found = []
    for folder in settings.teachers:
        teacher = Tagger.load(folder)
        if teacher.schema.theme_names != schema.theme_names:
            themes = ", ".join(teacher.schema.theme_names)
            raise ConfigError(f"distillation.teachers: {folder} tags {themes}; name others")
        _log.info("asking teacher %s about %d sentences", teacher.id, len(sentences.texts))
        found.append(teacher.score(sentences.texts, sentences.asked, sentences.contexts, progress=True))
    return Taught(sentences, _mean(found))


def _mean(scores: Sequence[Scores]) -> Scores:
    themes, stances = (
        np.asarray(np.mean(values, axis=0), dtype=np.float32)
        for values in ([found.themes for found in scores], [found.stances for found in scores])
    )
    return Scores(themes, stances, scores[0].truncated)
