"""The shipped corpus: sound, frozen, and cut as the package cuts."""

from __future__ import annotations

from pathlib import Path

import pytest

from rareearth_nlp.config import load_config
from rareearth_nlp.corpus.agreement import agreements, read_twice
from rareearth_nlp.corpus.annotations import annotation_files, load_annotations
from rareearth_nlp.corpus.card import figures, update
from rareearth_nlp.corpus.checking import check_corpus
from rareearth_nlp.corpus.duplicates import near_duplicates
from rareearth_nlp.corpus.loading import Corpus, load_corpus
from rareearth_nlp.corpus.splitting import Splits, split_corpus, warn_of_missing_labels
from rareearth_nlp.corpus.statistics import count, load_quotas
from rareearth_nlp.labels import load_labels
from rareearth_nlp.reading import read_article
from rareearth_nlp.resources import shipped

DIGEST = "3ccec3fe54dbd2353c145beaacdf279ee70092589ab3b919da43693f7bd6ea34"
"""Changes only on purpose: a new corpus makes every score that was ever measured incomparable."""

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
    writers = {record.writer for record in corpus.documents.values() if record.writer}
    for writer in writers:
        own = [record for record in corpus.documents.values() if record.writer == writer]
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


def test_what_one_reader_said_alone_is_the_label(corpus: Corpus) -> None:
    annotations = load_annotations(annotation_files(FOLDER), SCHEMA)
    twice = {example.id for example, _, _ in read_twice(annotations, corpus.examples)}
    answers = {answer.id: answer for answer in annotations if answer.id not in twice}
    for example in corpus.examples:
        if example.id in answers:
            assert answers[example.id].themes == example.themes
            assert dict(answers[example.id].stance) == dict(example.stance)


def test_the_card_tells_the_figures_of_the_data(corpus: Corpus, splits: Splits, tmp_path: Path) -> None:
    card = shipped("seeds", "DATASET_CARD.md").read_text(encoding="utf-8")
    copy = tmp_path / "card.md"
    copy.write_text(card, encoding="utf-8")
    annotations = load_annotations(annotation_files(FOLDER), SCHEMA)
    found = agreements(read_twice(annotations, corpus.examples), SCHEMA)
    update(copy, figures(count(corpus, splits, SCHEMA), tuple(splits), SCHEMA.theme_names, found))
    assert copy.read_text(encoding="utf-8") == card, "run: rareearth-nlp corpus stats --card seeds/DATASET_CARD.md"
