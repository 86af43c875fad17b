from __future__ import annotations

import numpy as np
import pytest

from rareearth_nlp.corpus.dataset import Labelled, Origin, labelled, to_datasets
from rareearth_nlp.corpus.records import DocumentRecord
from rareearth_nlp.corpus.splitting import Splits
from rareearth_nlp.documents import Example
from rareearth_nlp.labels import STANCES, LabelSchema

COLUMNS = ["id", "document_id", "position", "text", "context", "kind", "themes", "stance", "source", "unsure"]
COLUMNS += ["writer", "family", "weight", "familiar"]
DOCUMENTS = {
    "a": DocumentRecord(id="a", writer="Ann", family="news", weight=2.0),
    "b": DocumentRecord(id="b", writer="Bo"),
    "c": DocumentRecord(id="c", writer="Cy"),
}


@pytest.fixture(scope="module")
def splits() -> Splits:
    return {
        "train": (
            Example("a-0", "a", 0, "A leak.", ("water",), {"mine": "against", "a new port": "favor"}, "me", "heading"),
            Example("a-1", "a", 1, "It ran.", None, {"Brine Workers": "neutral"}),
            Example("b-0", "b", 0, "It stopped.", ()),
        ),
        "validation": (Example("c-0", "c", 0, "A strike.", ("jobs", "water")),),
        "test": (),
    }


@pytest.fixture(scope="module")
def train(splits: Splits, schema: LabelSchema) -> Labelled:
    return labelled(to_datasets(splits, schema)["train"], schema)


def test_features_are_explicit_in_every_split(splits: Splits, schema: LabelSchema) -> None:
    datasets = to_datasets(splits, schema)
    assert list(datasets) == ["train", "validation", "test"]
    for dataset in datasets.values():
        assert dataset.column_names == COLUMNS
        assert dataset.features["themes"].feature.names == ["water", "jobs"]
        assert dataset.features["stance"].feature["label"].names == list(STANCES)
    assert datasets["train"].features == datasets["validation"].features == datasets["test"].features
    assert datasets["test"].num_rows == 0


def test_rows_survive_with_null_and_empty_themes(splits: Splits, schema: LabelSchema) -> None:
    rows = to_datasets(splits, schema)["train"]
    assert rows["themes"][:] == [[0], None, []]
    assert rows[0] == {
        "id": "a-0",
        "document_id": "a",
        "position": 0,
        "text": "A leak.",
        "context": "",
        "kind": "heading",
        "themes": [0],
        "stance": [{"target": "mine", "label": 1, "seen": True}, {"target": "a new port", "label": 0, "seen": True}],
        "source": "me",
        "unsure": False,
        "writer": None,
        "family": None,
        "weight": 1.0,
        "familiar": None,
    }
    assert (rows[2]["stance"], rows[2]["source"]) == ([], None)


def test_a_split_in_which_nothing_is_annotated_keeps_its_nulls(schema: LabelSchema) -> None:
    rows = to_datasets({"train": (Example("a-0", "a", 0, "A leak."),)}, schema)["train"]
    assert rows["themes"][:] == [None]
    assert not labelled(rows, schema).themed.any()


def test_themes_become_ones_zeros_and_nan(train: Labelled) -> None:
    np.testing.assert_array_equal(train.themes, np.array([[1, 0], [np.nan, np.nan], [0, 0]], dtype=np.float32))
    assert train.themes.dtype == np.float32
    assert train.themed.tolist() == [True, False, True]
    assert train.texts == ["A leak.", "It ran.", "It stopped."]
    assert [origin.document for origin in train.origins] == ["a", "a", "b"]
    assert train.contexts == ["", "A leak.", ""]


def test_stances_become_pairs_under_the_names_that_the_model_reads(train: Labelled) -> None:
    assert train.rows.tolist() == [0, 0, 1]
    assert train.targets == ["the Salar Blanco lithium mine", "a new port", "the brine workers' union"]
    assert [STANCES[stance] for stance in train.stances] == ["against", "favor", "neutral"]


def test_an_empty_split_has_empty_arrays(splits: Splits, schema: LabelSchema) -> None:
    test = labelled(to_datasets(splits, schema)["test"], schema)
    assert test.themes.shape == (0, 2)
    assert test.rows.shape == test.stances.shape == (0,)
    assert (test.texts, test.targets, test.origins) == ([], [], [])
    assert test.rows.dtype == test.stances.dtype == np.dtype(np.int64)


def test_writers_and_targets_are_compared_with_the_training_split(splits: Splits, schema: LabelSchema) -> None:
    more = {**splits, "test": (Example("c-1", "c", 1, "It won.", None, {"Salar Blanco": "favor", "a dam": "favor"}),)}
    datasets = to_datasets(more, schema, DOCUMENTS)
    train, test = (labelled(datasets[name], schema) for name in ("train", "test"))
    assert train.origins[0] == Origin("a", "Ann", "news", 2.0, familiar=True)
    assert train.origins[2] == Origin("b", "Bo", None, 1.0, familiar=True)
    assert test.origins == [Origin("c", "Cy", None, 1.0, familiar=False)]
    assert test.seen == [True, False]  # the mine under another name


def test_nothing_is_familiar_or_not_without_a_training_split(splits: Splits, schema: LabelSchema) -> None:
    alone = labelled(to_datasets({"train": (), "test": splits["train"]}, schema, DOCUMENTS)["test"], schema)
    assert {origin.familiar for origin in alone.origins} == {None}
    assert set(alone.seen) == {None}


def test_a_choice_of_sentences_takes_its_pairs_along(train: Labelled) -> None:
    chosen = train.sentences(np.array([False, True, True]))
    assert (chosen.texts, chosen.contexts) == (["It ran.", "It stopped."], ["A leak.", ""])
    assert (chosen.rows.tolist(), chosen.targets) == ([0], ["the brine workers' union"])
    assert [STANCES[stance] for stance in chosen.stances] == ["neutral"]


def test_of_a_sample_the_sentence_before_is_not_known(schema: LabelSchema) -> None:
    sample = (Example("a-3", "a", 3, "A leak.", ("water",)), Example("a-9", "a", 9, "It ran."))
    assert labelled(to_datasets({"train": sample}, schema)["train"], schema).contexts == ["", ""]
