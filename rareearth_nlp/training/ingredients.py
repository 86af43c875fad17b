"""What a training needs, checked before anything is written."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from rareearth_nlp.config import Config, EncoderConfig
from rareearth_nlp.corpus.dataset import Labelled, labelled, to_datasets
from rareearth_nlp.corpus.loading import load_corpus
from rareearth_nlp.corpus.splitting import refuse_empty_splits, split_corpus, warn_of_missing_labels
from rareearth_nlp.errors import DataError
from rareearth_nlp.labels import LabelSchema, load_labels
from rareearth_nlp.models.weights import Weights, find_weights
from rareearth_nlp.training.distil import Taught, teach

if TYPE_CHECKING:
    from datasets import DatasetDict

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ingredients:
    """All that training needs.

    Attributes:
        weights: Where an encoder starts from.
        taught: What teachers say of sentences without labels, where there are teachers.
    """

    config: Config
    schema: LabelSchema
    corpus_digest: str
    datasets: DatasetDict
    weights: Weights | None
    taught: Taught | None = None

    def tried(self, config: Config) -> Ingredients:
        """Return the same with another setting of the model; the corpus is not read again, nor teachers asked."""
        weights = find_weights(config.model) if isinstance(config.model, EncoderConfig) else None
        return replace(self, config=config, weights=weights)

    def split(self, name: str) -> Labelled:
        """Return a split as arrays."""
        return labelled(self.datasets[name], self.schema)

    @property
    def split_sizes(self) -> dict[str, int]:
        """Sentences per split."""
        return {name: len(rows) for name, rows in self.datasets.items()}


def gather(config: Config) -> Ingredients:
    """Return the checked ingredients of a training.

    Raises:
        RareEarthError: The labels, the corpus or the weights cannot be used.
    """
    schema = load_labels(config.labels_path)
    corpus = load_splits(config, schema)
    refuse_empty_splits(corpus.datasets)
    learn = corpus.datasets["train"]
    if not any(learn["stance"]) and all(themes is None for themes in learn["themes"]):
        raise DataError(f"{config.corpus_path}: nothing in its train split is annotated; label some sentences of it")
    if not isinstance(config.model, EncoderConfig):
        return Ingredients(config, schema, corpus.digest, corpus.datasets, None)
    weights, taught = find_weights(config.model), teach(config.distillation, schema)
    return Ingredients(config, schema, corpus.digest, corpus.datasets, weights, taught)


class SplitCorpus(NamedTuple):
    """A corpus as splits; `fixed` if it says itself which documents are for what."""

    digest: str
    datasets: DatasetDict
    fixed: bool


def load_splits(config: Config, schema: LabelSchema) -> SplitCorpus:
    """Return the corpus as splits; one without positives for a label is warned of.

    Raises:
        DataError: The corpus or its split cannot be used.
    """
    corpus = load_corpus(config.corpus_path, schema)
    splits = split_corpus(corpus, config.corpus)
    for warning in warn_of_missing_labels(splits, schema):
        _log.warning(warning)
    fixed = any(example.split for example in corpus.examples)
    return SplitCorpus(corpus.digest, to_datasets(splits, schema, corpus.documents), fixed)
