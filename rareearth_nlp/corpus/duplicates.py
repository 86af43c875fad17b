"""Near-duplicate sentences: what would let a model be tested on what it has learnt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rareearth_nlp.documents import Example

MIN_WORDS = 8
"""Shorter sentences repeat by chance ("Some key questions")."""

_WORD = r"\w+"

SIMILARITY = 0.6
"""Jaccard similarity of word trigrams from which on two sentences are near-duplicates."""


class NearDuplicate(NamedTuple):
    """Two sentences of different documents that say nearly the same in the same words."""

    first: Example
    second: Example
    similarity: float


def near_duplicates(examples: Sequence[Example]) -> list[NearDuplicate]:
    """Return the near-duplicate pairs across documents, by Jaccard similarity of word trigrams.

    Counts are whole numbers, so the answer is the same on every machine.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    long_enough = [example for example in examples if len(re.findall(_WORD, example.text)) >= MIN_WORDS]
    if len(long_enough) < 2:
        return []
    vectorizer = CountVectorizer(ngram_range=(3, 3), binary=True, token_pattern=_WORD, dtype=np.int32)
    shingles = vectorizer.fit_transform(example.text for example in long_enough)
    shared = (shingles @ shingles.T).tocoo()
    sizes = np.asarray(shingles.sum(axis=1)).ravel()
    similarity = shared.data / (sizes[shared.row] + sizes[shared.col] - shared.data)
    pairs = sorted(
        (int(row), int(column), float(value))
        for row, column, value in zip(shared.row, shared.col, similarity, strict=True)
        if row < column and value >= SIMILARITY
    )
    return [
        NearDuplicate(long_enough[row], long_enough[column], value)
        for row, column, value in pairs
        if long_enough[row].document_id != long_enough[column].document_id
    ]
