"""Distillation: what trained taggers say of text without labels is learnt beside the corpus.

Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network" (2015), with several taggers as one teacher.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from rareearth_nlp.config import DistillationConfig
from rareearth_nlp.corpus.loading import load_corpus
from rareearth_nlp.documents import contexts
from rareearth_nlp.errors import ConfigError
from rareearth_nlp.labels import LabelSchema
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.tagging.tagger import Tagger

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Taught:
    """Sentences without labels, and the mean of the teachers' scores.

    Attributes:
        texts: The sentences.
        contexts: What stands before each.
        asked: The targets of each: the standing ones, and the listed ones that its document names.
        scores: Calibrated.
    """

    texts: list[str]
    contexts: list[str]
    asked: list[list[str]]
    scores: Scores


def teach(settings: DistillationConfig, schema: LabelSchema) -> Taught | None:
    """Return what the configured teachers say; None without teachers.

    Raises:
        ModelError: A teacher cannot be loaded.
        ConfigError: A teacher tags other themes.
        DataError: The sentences cannot be read.
    """
    if not settings.teachers:
        return None
    taught = _sentences(settings, schema)
    found = []
    for folder in settings.teachers:
        teacher = Tagger.load(folder)
        if teacher.schema.theme_names != schema.theme_names:
            raise ConfigError(
                f"distillation.teachers: {folder} tags {', '.join(teacher.schema.theme_names)}; name others"
            )
        _log.info("asking teacher %s about %d sentences", teacher.id, len(taught.texts))
        found.append(teacher.score(taught.texts, taught.asked, taught.contexts, progress=True))
    return Taught(taught.texts, taught.contexts, taught.asked, _mean(found))


def _sentences(settings: DistillationConfig, schema: LabelSchema) -> Taught:
    texts, before, asked = [], [], []
    corpus = load_corpus(settings.documents_path, schema)
    for _, group in groupby(corpus.examples, key=lambda example: example.document_id):
        examples = list(group)
        whole = "\n".join(example.text for example in examples)
        targets = [schema.resolve(target) for target in schema.default_targets(whole)]
        texts += [example.text for example in examples]
        before += contexts(examples)
        asked += [targets] * len(examples)
    none = np.zeros(0, dtype=np.float32)
    return Taught(texts, before, asked, Scores(none, none, np.zeros(0, dtype=np.bool_)))


def _mean(scores: Sequence[Scores]) -> Scores:
    themes, stances = (
        np.asarray(np.mean(values, axis=0), dtype=np.float32)
        for values in ([found.themes for found in scores], [found.stances for found in scores])
    )
    return Scores(themes, stances, scores[0].truncated)
