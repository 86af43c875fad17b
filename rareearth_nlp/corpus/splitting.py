"""Whole documents per split, near-duplicates never across."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping, Sized

from rareearth_nlp.config import CorpusConfig
from rareearth_nlp.corpus.duplicates import NearDuplicate, near_duplicates
from rareearth_nlp.corpus.loading import Corpus, CorpusError
from rareearth_nlp.corpus.records import SPLITS
from rareearth_nlp.documents import Example
from rareearth_nlp.errors import DataError
from rareearth_nlp.labels import LabelSchema

_log = logging.getLogger(__name__)

Splits = Mapping[str, tuple[Example, ...]]
"""The examples of `train`, `validation` and `test`, in that order."""


def split_corpus(corpus: Corpus, settings: CorpusConfig) -> Splits:
    """Return the examples by split: the corpus' own where it fixes one, else whole documents by a hash of their ids.

    Documents that share near-duplicate sentences or tell the same event stay together.

    The outcome depends on the corpus and the shares alone, so it is the same on every machine.

    Raises:
        CorpusError: Some documents have a split and others none, or near-duplicates cross the corpus' own split.
    """
    fixed = {example.document_id: example.split for example in corpus.examples}
    without = sorted(document for document, split in fixed.items() if split is None)
    if without and len(without) < len(fixed):
        raise CorpusError(
            [
                f"the document {name!r} has no split while others have; give every document one, or none"
                for name in without
            ]
        )
    duplicates = near_duplicates(corpus.examples)
    if without:
        places = _assign(corpus, duplicates, settings)
    else:
        places = {document: str(split) for document, split in fixed.items()}
        _judge(
            [pair for pair in duplicates if places[pair.first.document_id] != places[pair.second.document_id]],
            settings,
        )
    return {
        name: tuple(example for example in corpus.examples if places[example.document_id] == name) for name in SPLITS
    }


def refuse_empty_splits(splits: Mapping[str, Sized]) -> None:
    """Refuse to train without examples to learn from or to choose by; a corpus that only tests is fine otherwise.

    Raises:
        DataError: Training or validation is empty.
    """
    for name in ("train", "validation"):
        if not splits[name]:
            raise DataError(f"the {name} split is empty, so nothing can be trained; add documents of other events")


def warn_of_missing_labels(splits: Splits, schema: LabelSchema) -> list[str]:
    """Return a sentence for each split, theme and stance label that has no positive example."""
    warnings = []
    for name, examples in splits.items():
        themes = Counter(theme for example in examples for theme in example.themes or ())
        stances = Counter(label for example in examples for label in example.stance.values())
        missing = [theme for theme in schema.theme_names if not themes[theme]]
        missing += [label for label in ("favor", "against") if stances and not stances[label]]
        if examples and missing:
            warnings.append(
                f"the {name} split has no positive example of {', '.join(missing)}; its scores mean nothing there"
            )
    return warnings


def _judge(crossing: list[NearDuplicate], settings: CorpusConfig) -> None:
    if not crossing:
        return
    told = [
        f"{first.id!r} ({first.split}) and {second.id!r} ({second.split}) are near-duplicates in two splits"
        for first, second, _ in crossing
    ]
    if settings.near_duplicates == "refuse":
        remedy = "move their documents together, or set corpus.near_duplicates=warn"
        raise CorpusError([f"{one}; {remedy}" for one in told])
    _log.warning("%s%s", told[0], f", and {len(told) - 1} more pairs" if len(told) > 1 else "")


def _assign(corpus: Corpus, duplicates: list[NearDuplicate], settings: CorpusConfig) -> dict[str, str]:
    sizes = Counter(example.document_id for example in corpus.examples)
    groups = _groups(corpus, duplicates)
    shares = {
        "train": 1 - settings.validation - settings.test,
        "validation": settings.validation,
        "test": settings.test,
    }
    open_sentences = {name: share * len(corpus.examples) for name, share in shares.items()}
    places = {}
    for group in sorted(groups, key=_hash):
        name = max(open_sentences, key=lambda split: open_sentences[split])
        open_sentences[name] -= sum(sizes[document] for document in group)
        places.update(dict.fromkeys(group, name))
    return places


def _groups(corpus: Corpus, duplicates: list[NearDuplicate]) -> list[tuple[str, ...]]:
    """Return the documents in groups that near-duplicates and common events tie together."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    documents = sorted({example.document_id for example in corpus.examples})
    index = {document: number for number, document in enumerate(documents)}
    tied = [(pair.first.document_id, pair.second.document_id) for pair in duplicates]
    teller: dict[str, str] = {}
    for document in documents:
        event = corpus.documents[document].event if document in corpus.documents else None
        if event:
            tied.append((teller.setdefault(event, document), document))
    rows, columns = ([index[pair[side]] for pair in tied] for side in (0, 1))
    ties = coo_matrix(([True] * len(rows), (rows, columns)), shape=(len(documents), len(documents)))
    count, member_of = connected_components(ties, directed=False)
    return [
        tuple(doc for doc, group in zip(documents, member_of, strict=True) if group == number)
        for number in range(count)
    ]


def _hash(group: tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(group).encode()).hexdigest()
