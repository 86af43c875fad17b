"""The shipped corpus: sound, frozen, and cut as the package cuts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rareearth_nlp.config import load_config
from rareearth_nlp.corpus.agreement import agreements, read_twice
from rareearth_nlp.corpus.annotations import Annotation, annotation_files, load_annotations
from rareearth_nlp.corpus.card import figures, update
from rareearth_nlp.corpus.checking import TEXTS_FOLDER, check_corpus
from rareearth_nlp.corpus.dataset import labelled, to_datasets
from rareearth_nlp.corpus.duplicates import near_duplicates
from rareearth_nlp.corpus.loading import Corpus, load_corpus
from rareearth_nlp.corpus.splitting import Splits, split_corpus, warn_of_missing_labels
from rareearth_nlp.corpus.statistics import count, load_quotas
from rareearth_nlp.evaluation import gate
from rareearth_nlp.labels import load_labels
from rareearth_nlp.reading import read_article
from rareearth_nlp.resources import shipped

DIGEST = "d8b5b8d076836c2876b0bfa5d1f79952964277c1426abfe30a3cf1d4a4768f09"
"""Changes only on purpose: a new corpus makes every score that was ever measured incomparable."""

READERS = ("a", "b")
"""Whose answers made the labels; others read afterwards."""

FOLDER = shipped("seeds", "corpus")
SCHEMA = load_labels(shipped("configs", "labels.yaml"))


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus(FOLDER, SCHEMA)


@pytest.fixture(scope="module")
def splits(corpus: Corpus) -> Splits:
    return split_corpus(corpus, load_config().corpus)


def test_the_digest_is_frozen(corpus: Corpus) -> None:
    assert corpus.digest == DIGEST


def test_the_floors_are_of_its_test_split(corpus: Corpus, splits: Splits) -> None:
    """Else `gate check` refuses to compare: raise them again after a change of the corpus."""
    test = labelled(to_datasets(splits, SCHEMA, corpus.documents)["test"], SCHEMA)
    floors = gate.read_floors(shipped("configs", "quality_floors.yaml"))
    assert floors.test_digest == gate.test_digest(test)
    assert floors.f1.keys() == {*SCHEMA.theme_names, "favor", "against"}
    assert all(0 < floor < 1 for floor in floors.f1.values())


def test_it_is_sound(corpus: Corpus, splits: Splits) -> None:
    assert warn_of_missing_labels(splits, SCHEMA) == []
    assert check_corpus(corpus, splits, FOLDER, SCHEMA) == []


def test_splits_share_no_near_duplicate(corpus: Corpus, splits: Splits) -> None:
    split_of = {example.document_id: name for name, examples in splits.items() for example in examples}
    assert len(split_of) == len(corpus.documents)
    for pair in near_duplicates(corpus.examples):
        assert split_of[pair.first.document_id] == split_of[pair.second.document_id]


def test_it_holds_what_it_should(corpus: Corpus, splits: Splits) -> None:
    counts = count(corpus, splits, SCHEMA)
    quotas = load_quotas(FOLDER, counts)
    assert quotas
    assert {name: counts[name] for name, least in quotas.items() if counts[name] < least} == {}


def test_a_writer_has_several_documents_in_several_genres(corpus: Corpus) -> None:
    unlabelled = load_corpus(shipped("seeds", "unlabelled"), SCHEMA)
    documents = [*corpus.documents.values(), *unlabelled.documents.values()]
    for writer in {record.writer for record in corpus.documents.values() if record.writer}:
        own = [record for record in documents if record.writer == writer]
        if re.match(r"v\d", writer):  # the fifth round: many writers, few documents of each, for training alone
            assert len(own) <= 3
            assert {record.split for record in own} == {"train"}
            continue
        assert len(own) >= 5
        assert len({record.genre for record in own}) >= 4


def test_the_seed_article_is_whole_and_fully_labelled(corpus: Corpus) -> None:
    article = read_article(shipped("seeds", "articles", "baogang_2025_targets.txt"))
    examples = [example for example in corpus.examples if example.source == "article"]
    assert [example.text for example in examples] == [sentence.text for sentence in article.sentences]
    assert [example.kind for example in examples] == [sentence.kind for sentence in article.sentences]
    for example in examples:
        assert example.themes is not None
        assert set(example.stance) == {"china-control", "diversification", "Baogang Group"}
        assert example.split == "train"


def test_every_reading_is_kept(corpus: Corpus) -> None:
    annotations = load_annotations(annotation_files(FOLDER), SCHEMA)
    by_id = {example.id: example for example in corpus.examples}
    assert {answer.id for answer in annotations} == set(by_id)
    twice = {example.id for example, _, _ in read_twice(annotations, corpus.examples)}
    assert {id_ for id_, example in by_id.items() if example.split != "train"} <= twice
    for answer in annotations:
        assert set(answer.stance) == set(by_id[answer.id].stance)


def test_a_label_is_what_the_readers_or_the_adjudicator_said(corpus: Corpus) -> None:
    annotations = load_annotations(annotation_files(FOLDER), SCHEMA)
    verdicts = {row.id: row for row in load_annotations(sorted((FOLDER / "adjudications").glob("*.jsonl")), SCHEMA)}
    answers: dict[str, list[Annotation]] = {}
    for answer in annotations:
        if answer.annotator in READERS:
            answers.setdefault(answer.id, []).append(answer)
    for example in corpus.examples:
        if not (FOLDER / TEXTS_FOLDER / f"{example.document_id}.txt").is_file():
            continue  # the first round, whose adjudications were not kept
        verdict, given = verdicts.get(example.id), answers[example.id]
        themes = {verdict.themes} if verdict and verdict.themes is not None else {answer.themes for answer in given}
        assert {example.themes} == themes
        for target, label in example.stance.items():
            settled = verdict.stance.get(target) if verdict else None
            assert {label} == ({settled} if settled else {answer.stance[target] for answer in given})


def test_the_challenge_file_is_labelled_and_apart(corpus: Corpus) -> None:
    challenge = load_corpus(shipped("seeds", "challenge"), SCHEMA)
    assert len(challenge.examples) == 160
    twice = read_twice(load_annotations(annotation_files(shipped("seeds", "challenge")), SCHEMA), challenge.examples)
    assert len(twice) == len(challenge.examples)
    texts = {example.text for example in corpus.examples}
    assert not texts & {example.text for example in challenge.examples}
    assert near_duplicates(corpus.examples + challenge.examples) == near_duplicates(corpus.examples)


def test_the_card_tells_the_figures_of_the_data(corpus: Corpus, splits: Splits, tmp_path: Path) -> None:
    card = shipped("seeds", "DATASET_CARD.md").read_text(encoding="utf-8")
    copy = tmp_path / "card.md"
    copy.write_text(card, encoding="utf-8")
    annotations = load_annotations(annotation_files(FOLDER), SCHEMA)
    found = agreements(read_twice(annotations, corpus.examples), SCHEMA)
    update(copy, figures(count(corpus, splits, SCHEMA), tuple(splits), SCHEMA.theme_names, found))
    assert copy.read_text(encoding="utf-8") == card, "run: rareearth-nlp corpus stats --card seeds/DATASET_CARD.md"


def test_the_unlabelled_text_is_apart(corpus: Corpus) -> None:
    unlabelled = load_corpus(shipped("seeds", "unlabelled"), SCHEMA)
    assert len(unlabelled.examples) >= 10_000
    assert all(example.themes is None and not example.stance for example in unlabelled.examples)
    held_out = {record.writer for record in corpus.documents.values() if record.split != "train"}
    assert not {record.writer for record in unlabelled.documents.values()} & held_out
    assert not unlabelled.documents.keys() & corpus.documents.keys()
    near = near_duplicates(unlabelled.examples + corpus.examples)
    apart = {example.id for example in unlabelled.examples}
    assert [pair for pair in near if (pair.first.id in apart) != (pair.second.id in apart)] == []


def test_the_hub_library_opens_it(tmp_path: Path) -> None:
    from datasets import load_dataset

    files = {split: str(FOLDER / f"{split}.jsonl") for split in ("train", "validation", "test")}
    found = load_dataset("json", data_files=files, cache_dir=str(tmp_path))
    assert sum(map(len, found.values())) >= 14_000
    rows = found["train"]
    assert {"id", "document_id", "position", "text", "themes", "stance"} <= set(rows.column_names)
