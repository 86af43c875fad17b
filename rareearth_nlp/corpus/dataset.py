"""Examples as `datasets`, and as the arrays that models learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rareearth_nlp.corpus.splitting import Splits
from rareearth_nlp.documents import Example
from rareearth_nlp.labels import STANCES, LabelSchema

if TYPE_CHECKING:
    from datasets import DatasetDict


UNSURE_WEIGHT = 0.5


@dataclass(frozen=True)
class Labelled:
    """Sentences with their labels as arrays.

    Attributes:
        texts: The sentences.
        themes: 1, 0, or NaN where not annotated; `[sentences, themes]`.
        rows: Index into `texts` of each annotated (sentence, target) pair; `[pairs]`.
        targets: What the model reads for the target of each pair.
        stances: Index into `STANCES` of each pair's label; `[pairs]`.
        documents: The document of each sentence.
        weights: What each sentence counts in training, `[sentences]`: half where a reader was unsure of its labels.
    """

    texts: list[str]
    themes: NDArray[np.float32]
    rows: NDArray[np.int64]
    targets: list[str]
    stances: NDArray[np.int64]
    documents: list[str]
    weights: NDArray[np.float32]

    @property
    def themed(self) -> NDArray[np.bool_]:
        """Which sentences have their themes annotated, `[sentences]`."""
        return np.asarray(~np.isnan(self.themes).any(axis=1))


def to_datasets(splits: Splits, schema: LabelSchema) -> DatasetDict:
    """Return the splits with explicit features; `themes` is null where not annotated."""
    from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value

    text = Value("string")
    features = Features(
        {
            "id": text,
            "document_id": text,
            "position": Value("int32"),
            "text": text,
            "kind": text,
            "themes": List(ClassLabel(names=list(schema.theme_names))),
            "stance": List({"target": text, "label": ClassLabel(names=list(STANCES))}),
            "source": text,
            "unsure": Value("bool"),
        }
    )
    datasets = {}
    for name, examples in splits.items():
        rows = [_row(example, schema) for example in examples]
        columns = {column: [row[column] for row in rows] for column in features}  # an empty split keeps its columns
        datasets[name] = Dataset.from_dict(columns, features=features)
    return DatasetDict(datasets)


def _row(example: Example, schema: LabelSchema) -> dict[str, Any]:
    themes = None if example.themes is None else [schema.theme_names.index(theme) for theme in example.themes]
    stance = [{"target": target, "label": STANCES.index(label)} for target, label in example.stance.items()]
    fields = ("id", "document_id", "position", "text", "kind", "source", "unsure")
    return {name: getattr(example, name) for name in fields} | {"themes": themes, "stance": stance}


def labelled(rows: Sequence[Any], schema: LabelSchema) -> Labelled:
    """Return the rows of a split's `Dataset` as arrays, every target under the name that the model reads."""
    themes = np.full((len(rows), len(schema.themes)), np.nan, dtype=np.float32)
    pairs: list[tuple[int, str, int]] = []
    for index, row in enumerate(rows):
        if row["themes"] is not None:
            themes[index] = 0
            themes[index, row["themes"]] = 1
        pairs += [(index, schema.resolve(item["target"]), item["label"]) for item in row["stance"]]
    return Labelled(
        texts=[row["text"] for row in rows],
        themes=themes,
        rows=np.array([index for index, _, _ in pairs], dtype=np.int64),
        targets=[target for _, target, _ in pairs],
        stances=np.array([label for _, _, label in pairs], dtype=np.int64),
        documents=[row["document_id"] for row in rows],
        weights=np.array([UNSURE_WEIGHT if row["unsure"] else 1 for row in rows], dtype=np.float32),
    )
