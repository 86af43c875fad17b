"""Sentences whose labels are not read, with what a tagger would be asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from rareearth_nlp.corpus.loading import load_corpus
from rareearth_nlp.documents import contexts_in_corpus
from rareearth_nlp.labels import LabelSchema
from rareearth_nlp.resources import shipped


@dataclass(frozen=True)
class Unlabelled:
    """Sentences in the order of their documents.

    Attributes:
        texts: The sentences.
        contexts: What stands before each.
        asked: The targets of each by name: the standing ones, and the listed ones that its document names.
    """

    texts: list[str]
    contexts: list[str]
    asked: list[list[str]]


def read_unlabelled(path: Path | None, schema: LabelSchema) -> Unlabelled:
    """Return the sentences of a corpus file or folder; None is the text that is shipped without labels.

    Raises:
        DataError: The corpus cannot be read.
    """
    corpus = load_corpus(path or shipped("seeds", "unlabelled"), schema)
    found = Unlabelled([], [], [])
    for _, group in groupby(corpus.examples, key=lambda example: example.document_id):
        examples = list(group)
        whole = "\n".join(example.text for example in examples)
        targets = [schema.resolve(target) for target in schema.default_targets(whole)]
        found.texts.extend(example.text for example in examples)
        found.contexts.extend(contexts_in_corpus(examples))
        found.asked.extend([targets] * len(examples))
    return found
