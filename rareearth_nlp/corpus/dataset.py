"""Examples as `datasets`, and as the arrays that models learn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rareearth_nlp.corpus.records import DocumentRecord
from rareearth_nlp.corpus.splitting import Splits
from rareearth_nlp.documents import Example, contexts_in_corpus
from rareearth_nlp.labels import STANCES, LabelSchema

if TYPE_CHECKING:
    from datasets import DatasetDict


UNSURE_WEIGHT = 0.5


@dataclass(frozen=True)
class Origin:
    """Where a sentence comes from.

    Attributes:
        document: The id of its document.
        writer: Who wrote it; the document itself where the corpus does not say.
        family: The family of its genre.
        weight: How common its kind is in real coverage, relative to its share in the corpus.
        familiar: Whether the training split has its writer; None where that means nothing.
    """

    document: str
    writer: str
    family: str | None = None
    weight: float = 1.0
    familiar: bool | None = None


@dataclass(frozen=True)
class Labelled:
    """Sentences with their labels as arrays.

    Attributes:
        texts: The sentences.
        contexts: What stands before each, as `documents.contexts` gives it, "" where nothing does.
        themes: 1, 0, or NaN where not annotated; `[sentences, themes]`.
        rows: Index into `texts` of each annotated (sentence, target) pair, ascending; `[pairs]`.
        targets: What the model reads for the target of each pair.
        stances: Index into `STANCES` of each pair's label; `[pairs]`.
        seen: Whether the training split has the target of each pair; None where that means nothing.
        origins: Where each sentence comes from.
        weights: What each sentence counts in training, `[sentences]`: half where a reader was unsure of its labels.
    """

    texts: list[str]
    contexts: list[str]
    themes: NDArray[np.float32]
    rows: NDArray[np.int64]
    targets: list[str]
    stances: NDArray[np.int64]
    seen: list[bool | None]
    origins: list[Origin]
    weights: NDArray[np.float32]

    @property
    def themed(self) -> NDArray[np.bool_]:
        """Which sentences have their themes annotated, `[sentences]`."""
        return np.asarray(~np.isnan(self.themes).any(axis=1))

    @property
    def asked(self) -> list[list[str]]:
        """The targets of each sentence, `[sentences]`, in the order of the pairs."""
        found: list[list[str]] = [[] for _ in self.texts]
        for row, target in zip(self.rows, self.targets, strict=True):
            found[row].append(target)
        return found

    def sentences(self, chosen: NDArray[np.bool_]) -> Labelled:
        """Return the chosen sentences, `[sentences]`, and their pairs."""
        place = np.cumsum(chosen) - 1
        kept = self.pairs(chosen[self.rows])
        return replace(
            kept,
            texts=_chosen(self.texts, chosen),
            contexts=_chosen(self.contexts, chosen),
            themes=self.themes[chosen],
            rows=place[kept.rows],
            origins=_chosen(self.origins, chosen),
            weights=self.weights[chosen],
        )

    def foreign(self) -> Labelled:
        """Return the sentences as met by a tagger of another corpus: nothing is known to be seen or familiar."""
        origins = [replace(origin, familiar=None) for origin in self.origins]
        return replace(self, origins=origins, seen=[None] * len(self.seen))

    def pairs(self, chosen: NDArray[np.bool_]) -> Labelled:
        """Return every sentence with the chosen pairs, `[pairs]`, only."""
        return replace(
            self,
            rows=self.rows[chosen],
            targets=_chosen(self.targets, chosen),
            stances=self.stances[chosen],
            seen=_chosen(self.seen, chosen),
        )


def to_datasets(
    splits: Splits, schema: LabelSchema, documents: Mapping[str, DocumentRecord] | None = None
) -> DatasetDict:
    """Return the splits with explicit features; `themes` is null where not annotated.

    Args:
        splits: Whole documents each.
        schema: Themes and targets.
        documents: What is known of the documents. Writers and targets are compared with the training split's.
    """
    from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value

    text = Value("string")
    features = Features(
        {
            "id": text,
            "document_id": text,
            "position": Value("int32"),
            "text": text,
            "context": text,
            "kind": text,
            "themes": List(ClassLabel(names=list(schema.theme_names))),
            "stance": List({"target": text, "label": ClassLabel(names=list(STANCES)), "seen": Value("bool")}),
            "source": text,
            "unsure": Value("bool"),
            "writer": text,
            "family": text,
            "weight": Value("float32"),
            "familiar": Value("bool"),
        }
    )
    known = _Known(splits, schema, documents or {})
    datasets = {}
    for name, examples in splits.items():
        rows = list(_rows(examples, schema, known))
        columns = {column: [row[column] for row in rows] for column in features}  # an empty split keeps its columns
        datasets[name] = Dataset.from_dict(columns, features=features)
    return DatasetDict(datasets)


class _Known:
    """What is known of documents, and what of it training has seen."""

    def __init__(self, splits: Splits, schema: LabelSchema, documents: Mapping[str, DocumentRecord]) -> None:
        train = splits.get("train", ())
        self._documents = documents
        self._resolve = schema.resolve
        self._writers = {self._writer(example) for example in train} - {None}
        self._targets = {schema.resolve(target) for example in train for target in example.stance}

    def seen(self, target: str) -> bool | None:
        return self._resolve(target) in self._targets if self._targets else None

    def origin(self, example: Example) -> dict[str, Any]:
        record, writer = self._documents.get(example.document_id), self._writer(example)
        return {
            "writer": writer,
            "family": record.family if record else None,
            "weight": record.weight if record else 1.0,
            "familiar": writer in self._writers if writer and self._writers else None,
        }

    def _writer(self, example: Example) -> str | None:
        record = self._documents.get(example.document_id)
        return record.writer if record else None


def _rows(examples: Sequence[Example], schema: LabelSchema, known: _Known) -> Iterator[dict[str, Any]]:
    """Yield the columns of each example; those of a document follow one another."""
    for _, group in groupby(examples, key=lambda example: example.document_id):
        document = list(group)
        for example, context in zip(document, contexts_in_corpus(document), strict=True):
            yield _row(example, schema, known) | known.origin(example) | {"context": context}


def _row(example: Example, schema: LabelSchema, known: _Known) -> dict[str, Any]:
    themes = None if example.themes is None else [schema.theme_names.index(theme) for theme in example.themes]
    stance = [
        {"target": target, "label": STANCES.index(label), "seen": known.seen(target)}
        for target, label in example.stance.items()
    ]
    fields = ("id", "document_id", "position", "text", "kind", "source", "unsure")
    return {name: getattr(example, name) for name in fields} | {"themes": themes, "stance": stance}


def labelled(rows: Sequence[Any], schema: LabelSchema) -> Labelled:
    """Return the rows of a split's `Dataset` as arrays, every target under the name that the model reads."""
    themes = np.full((len(rows), len(schema.themes)), np.nan, dtype=np.float32)
    pairs: list[tuple[int, dict[str, Any]]] = []
    for index, row in enumerate(rows):
        if row["themes"] is not None:
            themes[index] = 0
            themes[index, row["themes"]] = 1
        pairs += [(index, item) for item in row["stance"]]
    return Labelled(
        texts=[row["text"] for row in rows],
        contexts=[row["context"] for row in rows],
        themes=themes,
        rows=np.array([index for index, _ in pairs], dtype=np.int64),
        targets=[schema.resolve(item["target"]) for _, item in pairs],
        stances=np.array([item["label"] for _, item in pairs], dtype=np.int64),
        seen=[item["seen"] for _, item in pairs],
        origins=[_origin(row) for row in rows],
        weights=np.array([UNSURE_WEIGHT if row["unsure"] else 1 for row in rows], dtype=np.float32),
    )


def _origin(row: Mapping[str, Any]) -> Origin:
    writer = row["writer"] or row["document_id"]
    return Origin(row["document_id"], writer, row["family"], row["weight"], row["familiar"])


def _chosen(values: list[Any], chosen: NDArray[np.bool_]) -> list[Any]:
    return [value for value, use in zip(values, chosen, strict=True) if use]
