from __future__ import annotations

from pathlib import Path

import pytest

from rareearth_nlp.corpus.loading import Corpus
from rareearth_nlp.corpus.picture import draw
from rareearth_nlp.corpus.records import DocumentRecord
from rareearth_nlp.corpus.statistics import count, load_quotas
from rareearth_nlp.documents import Example
from rareearth_nlp.errors import DataError
from rareearth_nlp.labels import LabelSchema

DOCUMENTS = {
    id_: DocumentRecord(id=id_, split=split, writer=writer, genre=genre)
    for id_, split, writer, genre in (
        ("a", "train", "ann", "newswire"),
        ("b", "train", "bob", "op-ed"),
        ("c", "test", "ann", "op-ed"),
        ("d", "test", "cho", "op-ed"),
    )
}


@pytest.fixture
def corpus() -> Corpus:
    themes = {"a": ("water", "jobs"), "b": ("water",), "c": ("jobs",), "d": None}
    stance = {
        "a": {"mine": "favor"},
        "b": {"mine": "against"},
        "c": {"mine": "favor"},
        "d": {"dam": "favor", "MINE": "neutral"},
    }
    examples = [
        Example(f"{id_}-0", id_, 0, f"Sentence of {id_}.", themes[id_], stance[id_], split=record.split)
        for id_, record in DOCUMENTS.items()
    ]
    return Corpus(tuple(examples), DOCUMENTS)


@pytest.fixture
def counts(corpus: Corpus, schema: LabelSchema) -> dict[str, int]:
    splits = {name: tuple(e for e in corpus.examples if e.split == name) for name in ("train", "validation", "test")}
    return count(corpus, splits, schema)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("documents", 4),
        ("sentences", 4),
        ("genres", 2),
        ("targets", 2),
        ("themes/water", 2),
        ("themes/jobs+water", 1),
        ("train/themes/water", 2),
        ("test/themes/water", 0),
        ("stance/favor", 3),
        ("stance/mine/favor", 2),
        ("test/stance/mine/favor", 1),
        ("train/writers", 2),
        ("train/unfamiliar writers", 1),
        ("test/unfamiliar writers", 1),
        ("test/unfamiliar documents", 1),
        ("test/targets of its own", 1),
        ("validation/documents", 0),
    ],
)
def test_counts(counts: dict[str, int], name: str, number: int) -> None:
    assert counts[name] == number


def test_quotas_stand_beside_the_corpus(tmp_path: Path, counts: dict[str, int]) -> None:
    assert load_quotas(tmp_path, counts) == {}
    (tmp_path / "quotas.yaml").write_text("documents: 3\ntest/writers: 5\n", encoding="utf-8")
    assert load_quotas(tmp_path, counts) == {"documents": 3, "test/writers": 5}


@pytest.mark.parametrize(
    ("content", "told"),
    [("documnts: 3", "'documnts' is not counted; did you mean 'documents'"), ("documents: many", "'documents'")],
)
def test_a_wrong_quota_is_named(tmp_path: Path, counts: dict[str, int], content: str, told: str) -> None:
    (tmp_path / "quotas.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=told):
        load_quotas(tmp_path, counts)


def test_the_picture_shows_every_theme(counts: dict[str, int], schema: LabelSchema) -> None:
    left, right = draw(counts, schema.theme_names, ("train", "validation", "test")).axes
    assert [label.get_text() for label in left.get_yticklabels()] == list(schema.theme_names)
    assert "mine/favor" in [label.get_text() for label in right.get_yticklabels()]
