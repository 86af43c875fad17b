"""The shipped corpus: sound, frozen, and cut as the package cuts."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from rareearth_nlp.config import load_config
from rareearth_nlp.corpus.duplicates import near_duplicates
from rareearth_nlp.corpus.loading import Corpus, load_corpus
from rareearth_nlp.corpus.splitting import split_corpus, warn_of_missing_labels
from rareearth_nlp.labels import load_labels
from rareearth_nlp.reading import read_article
from rareearth_nlp.resources import shipped

DIGEST = "a7d4fa115dd58044a79f83d65e6117d68db4cbdbc90e786a8ed8f327c9883f55"
"""Changes only on purpose: a new corpus makes every score that was ever measured incomparable."""

SCHEMA = load_labels(shipped("configs", "labels.yaml"))


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus(shipped("seeds", "corpus"), SCHEMA)


def test_the_digest_is_frozen(corpus: Corpus) -> None:
    assert corpus.digest == DIGEST


def test_splits_share_no_document_event_or_near_duplicate(corpus: Corpus) -> None:
    splits = split_corpus(corpus, load_config().corpus)
    assert warn_of_missing_labels(splits, SCHEMA) == []
    split_of = {example.document_id: name for name, examples in splits.items() for example in examples}
    events = Counter(record.event for record in corpus.documents.values())
    assert set(events.values()) == {1}
    assert len(split_of) == len(corpus.documents)
    for pair in near_duplicates(corpus.examples):
        assert split_of[pair.first.document_id] == split_of[pair.second.document_id]


def test_validation_and_test_have_writers_of_their_own(corpus: Corpus) -> None:
    writers: dict[str, set[str | None]] = {}
    for record in corpus.documents.values():
        writers.setdefault(str(record.split), set()).add(record.writer)
    assert writers["validation"] - writers["train"] - writers["test"]
    assert writers["test"] - writers["train"] - writers["validation"]


def test_the_seed_article_is_whole_and_fully_labelled(corpus: Corpus) -> None:
    article = read_article(shipped("seeds", "articles", "baogang_2025_targets.txt"))
    examples = [example for example in corpus.examples if example.source == "article"]
    assert [example.text for example in examples] == [sentence.text for sentence in article.sentences]
    assert [example.kind for example in examples] == [sentence.kind for sentence in article.sentences]
    for example in examples:
        assert example.themes is not None
        assert set(example.stance) == {"china-control", "diversification", "Baogang Group"}
        assert example.split == "train"


def test_size(corpus: Corpus) -> None:
    authored = [example for example in corpus.examples if example.source == "authored"]
    assert len(authored) >= 400
    assert len({example.document_id for example in authored}) >= 20
    assert len({corpus.documents[example.document_id].genre for example in authored}) >= 15


def test_independent_annotations_belong_to_the_corpus(corpus: Corpus) -> None:
    lines = shipped("seeds", "corpus", "annotations", "independent.jsonl").read_text(encoding="utf-8").splitlines()
    annotations = [json.loads(line) for line in lines]
    by_id = {example.id: example for example in corpus.examples}
    second = {row["id"] for row in annotations if row["annotator"] == "b"}
    assert {row["id"] for row in annotations} == set(by_id)
    assert {id_ for id_, example in by_id.items() if example.split != "train"} <= second
    for row in annotations:
        assert set(row["themes"]) <= set(SCHEMA.theme_names)
        assert set(row["stance"]) == set(by_id[row["id"]].stance)
