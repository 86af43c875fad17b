from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rareearth_nlp.config import CorpusConfig
from rareearth_nlp.corpus.duplicates import near_duplicates
from rareearth_nlp.corpus.loading import Corpus, CorpusError, load_corpus
from rareearth_nlp.corpus.records import DocumentRecord
from rareearth_nlp.corpus.splitting import Splits, refuse_empty_splits, split_corpus, warn_of_missing_labels
from rareearth_nlp.documents import Example
from rareearth_nlp.errors import DataError
from rareearth_nlp.labels import LabelSchema, load_labels
from rareearth_nlp.resources import shipped

TEN = "one two three four five six seven eight nine ten"
POOL = [
    TEN,
    "one two three four five six seven eight X Y",
    "three four five six seven eight nine ten eleven twelve",
    "quotas for the second half of the year came late",
    "quotas for the second half of the year came early",
    "a short one",
]


def _corpus(**documents: list[str]) -> Corpus:
    """Return a corpus of documents by their sentences; `name__split` fixes the split."""
    examples = []
    for key, texts in documents.items():
        document, _, split = key.partition("__")
        examples += [
            Example(f"{document}-{position}", document, position, text, split=split or None)
            for position, text in enumerate(texts)
        ]
    return Corpus(tuple(examples), {})


def _documents(splits: Splits) -> dict[str, set[str]]:
    return {name: {example.document_id for example in examples} for name, examples in splits.items()}


def _check(corpus: Corpus, splits: Splits) -> None:
    """Every example once, whole documents, near-duplicates together."""
    assert list(splits) == ["train", "validation", "test"]
    ids = [example.id for examples in splits.values() for example in examples]
    assert sorted(ids) == sorted(example.id for example in corpus.examples)
    place = {document: name for name, documents in _documents(splits).items() for document in documents}
    assert len(place) == sum(map(len, _documents(splits).values()))
    for pair in near_duplicates(corpus.examples):
        assert place[pair.first.document_id] == place[pair.second.document_id]


@given(
    texts=st.lists(
        st.lists(st.sampled_from(POOL) | st.text(max_size=5), min_size=1, max_size=4), min_size=4, max_size=12
    )
)
@settings(deadline=None)
def test_near_duplicates_are_never_across(texts: list[list[str]]) -> None:
    corpus = _corpus(**{f"d{number}": sentences for number, sentences in enumerate(texts)})
    _check(corpus, split_corpus(corpus, CorpusConfig(validation=0.3, test=0.2)))


def test_near_duplicates_tie_documents_in_a_chain() -> None:
    chain = {"a": [POOL[0]], "b": [POOL[0], POOL[3]], "c": [POOL[4]]}
    corpus = _corpus(**chain, d=["Alone."], e=["Alone too."], f=["Also alone."])
    splits = split_corpus(corpus, CorpusConfig(validation=0.3, test=0.2))
    _check(corpus, splits)
    assert sum({"a", "b", "c"} <= documents for documents in _documents(splits).values()) == 1


def test_an_event_ties_the_documents_that_tell_it() -> None:
    corpus = _corpus(
        **{name: [f"{word} alone stands in this sentence"] for name, word in zip("abcdef", TEN.split(), strict=False)}
    )
    records = {name: DocumentRecord(id=name, event="the strike") for name in "ace"}
    splits = split_corpus(replace(corpus, documents=records), CorpusConfig(validation=0.3, test=0.3))
    assert sum({"a", "c", "e"} <= documents for documents in _documents(splits).values()) == 1


def test_the_starter_corpus_is_split_the_same_on_every_machine(starter: Path, schema: LabelSchema) -> None:
    corpus = load_corpus(starter / "corpus.jsonl", schema)
    splits = split_corpus(corpus, CorpusConfig(validation=0.25, test=0.125))
    _check(corpus, splits)
    assert {name: len(examples) for name, examples in splits.items()} == {"train": 20, "validation": 8, "test": 4}
    assert _documents(splits)["validation"] == {"council-letter", "desalination-plan"}
    assert _documents(splits)["test"] == {"flamingo-count"}


def test_without_a_share_for_test_there_is_no_test(starter: Path, schema: LabelSchema) -> None:
    corpus = load_corpus(starter / "corpus.jsonl", schema)
    splits = split_corpus(corpus, CorpusConfig(validation=0.25, test=0))
    _check(corpus, splits)
    assert {name: len(examples) for name, examples in splits.items()} == {"train": 24, "validation": 8, "test": 0}


def test_the_corpus_own_split_is_kept() -> None:
    corpus = _corpus(a__train=["A."], b__validation=["B."], c__test=["C."], d__train=["D.", "E."])
    splits = split_corpus(corpus, CorpusConfig())
    _check(corpus, splits)
    assert _documents(splits) == {"train": {"a", "d"}, "validation": {"b"}, "test": {"c"}}


def test_the_shipped_corpus_has_a_split_of_its_own_with_every_label() -> None:
    schema = load_labels(shipped("configs", "labels.yaml"))
    corpus = load_corpus(shipped("seeds", "corpus"), schema)
    splits = split_corpus(corpus, CorpusConfig())
    _check(corpus, splits)
    assert all(example.split == name for name, examples in splits.items() for example in examples)
    assert warn_of_missing_labels(splits, schema) == []


def test_some_documents_with_a_split_and_some_without_are_refused() -> None:
    corpus = _corpus(a__train=["A."], b__validation=["B."], c=["C."])
    with pytest.raises(DataError, match="the document 'c' has no split while others have"):
        split_corpus(corpus, CorpusConfig())


def test_near_duplicates_across_the_corpus_own_split_are_refused() -> None:
    corpus = _corpus(a__train=["A.", TEN], b__validation=["B."], c__test=[TEN], d__train=[TEN])
    with pytest.raises(CorpusError) as refusal:
        split_corpus(corpus, CorpusConfig())
    first, second = refusal.value.problems
    assert first.startswith("'a-1' (train) and 'c-0' (test) are near-duplicates in two splits")
    assert second.startswith("'c-0' (test) and 'd-0' (train) are near-duplicates in two splits")
    assert "corpus.near_duplicates=warn" in first


def test_or_only_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    corpus = _corpus(a__train=["A.", TEN], b__validation=["B."], c__test=[TEN])
    with caplog.at_level(logging.WARNING):
        splits = split_corpus(corpus, CorpusConfig(near_duplicates="warn"))
    assert _documents(splits) == {"train": {"a"}, "validation": {"b"}, "test": {"c"}}
    (warning,) = caplog.messages
    assert warning.startswith("'a-1' (train) and 'c-0' (test) are near-duplicates in two splits")


def test_near_duplicates_within_a_split_are_no_matter() -> None:
    corpus = _corpus(a__train=[TEN], b__train=[TEN], c__validation=["C."])
    assert _documents(split_corpus(corpus, CorpusConfig()))["train"] == {"a", "b"}


@pytest.mark.parametrize(
    ("corpus", "name"),
    [
        (_corpus(a=["A.", "B."]), "validation"),
        (_corpus(a=[TEN], b=[TEN], c=[TEN]), "validation"),
        (_corpus(a__train=["A."], b__test=["B."]), "validation"),
        (_corpus(a__validation=["A."], b__test=["B."]), "train"),
    ],
)
def test_an_empty_training_or_validation_split_is_refused(corpus: Corpus, name: str) -> None:
    splits = split_corpus(corpus, CorpusConfig())
    with pytest.raises(DataError, match=f"the {name} split is empty"):
        refuse_empty_splits(splits)


def test_a_corpus_may_be_for_testing_only() -> None:
    corpus = _corpus(a__test=["A."])
    assert split_corpus(corpus, CorpusConfig())["test"] == corpus.examples


def test_labels_without_a_positive_example_are_told_by_split(schema: LabelSchema) -> None:
    both = {"mine": "favor", "union": "against"}
    splits = {
        "train": (Example("a", "a", 0, "A.", ("water", "jobs"), both),),
        "validation": (Example("b", "b", 0, "B.", ("water",), {"mine": "against"}), Example("c", "b", 1, "C.")),
        "test": (),
    }
    (warning,) = warn_of_missing_labels(splits, schema)
    assert warning == "the validation split has no positive example of jobs, favor; its scores mean nothing there"


def test_stances_that_nobody_annotated_are_not_missed(schema: LabelSchema) -> None:
    assert warn_of_missing_labels({"train": (Example("a", "a", 0, "A.", ("water", "jobs")),)}, schema) == []
