from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from rareearth_nlp.corpus.loading import CorpusError, load_corpus
from rareearth_nlp.errors import DataError
from rareearth_nlp.labels import LabelSchema

STANCE = {"mine": "favor", "union": "neutral"}
ROWS: list[dict[str, Any]] = [
    {"id": f"{document}-{position}", "document_id": document, "position": position, "text": f"{document} {position}."}
    | {"themes": themes, "stance": STANCE, "split": split}
    for document, split in (("leak", "train"), ("strike", "validation"), ("vote", "test"))
    for position, themes in enumerate((["water"], [], None))
]


def _write(file: Path, rows: Iterable[dict[str, Any]]) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def _row(**fields: Any) -> dict[str, Any]:
    return {"id": "a-0", "document_id": "a", "text": "A leak."} | fields


def _problems(path: Path, schema: LabelSchema) -> tuple[str, ...]:
    with pytest.raises(CorpusError) as refusal:
        load_corpus(path, schema)
    assert str(refusal.value).startswith(refusal.value.problems[0])
    return refusal.value.problems


def test_csv_and_json_lines_are_the_same_corpus(starter: Path, schema: LabelSchema) -> None:
    lines, table = load_corpus(starter / "corpus.jsonl", schema), load_corpus(starter / "corpus.csv", schema)
    assert lines == table
    assert lines.digest == table.digest
    assert len(lines.examples) == 32
    assert len({example.document_id for example in lines.examples}) == 8


def test_examples_are_ordered_by_document_and_position(tmp_path: Path, schema: LabelSchema) -> None:
    corpus = load_corpus(_write(tmp_path / "c.jsonl", reversed(ROWS)), schema)
    assert [example.id for example in corpus.examples] == [row["id"] for row in ROWS]


def test_the_digest_depends_on_content_alone(tmp_path: Path, schema: LabelSchema) -> None:
    whole = load_corpus(_write(tmp_path / "whole.jsonl", ROWS), schema)
    shuffled = [dict(reversed((row | {"stance": dict(reversed(STANCE.items()))}).items())) for row in reversed(ROWS)]
    assert load_corpus(_write(tmp_path / "shuffled.jsonl", shuffled), schema).digest == whole.digest
    for split in ("train", "validation", "test"):
        rows = [{key: value for key, value in row.items() if key != "split"} for row in ROWS if row["split"] == split]
        _write(tmp_path / "folder" / f"{split}.jsonl", rows)
    assert load_corpus(tmp_path / "folder", schema).digest == whole.digest
    for key, value in (("text", "Another."), ("themes", ["jobs"]), ("stance", {}), ("split", None), ("source", "me")):
        changed = [row | {key: value} if row["document_id"] == "leak" else row for row in ROWS]
        assert load_corpus(_write(tmp_path / f"{key}.jsonl", changed), schema).digest != whole.digest


def test_without_positions_the_lines_are_in_order(tmp_path: Path, schema: LabelSchema) -> None:
    rows = [_row(id="z"), _row(id="b-0", document_id="b"), _row(id="a", text="It ran.")]
    examples = load_corpus(_write(tmp_path / "c.jsonl", rows), schema).examples
    assert [(example.id, example.position) for example in examples] == [("z", 0), ("a", 1), ("b-0", 0)]


def test_files_of_a_folder_are_named_after_splits(tmp_path: Path, schema: LabelSchema) -> None:
    _write(tmp_path / "c" / "train.jsonl", [_row()])
    (tmp_path / "c" / "test.csv").write_text("id,document_id,text\nb-0,b,It ran.\n", encoding="utf-8")
    _write(tmp_path / "c" / "more.jsonl", [_row(id="c-0", document_id="c", split="validation")])
    (tmp_path / "c" / "labels.yaml").write_text("themes: []\n", encoding="utf-8")
    splits = {example.document_id: example.split for example in load_corpus(tmp_path / "c", schema).examples}
    assert splits == {"a": "train", "b": "test", "c": "validation"}


def test_metadata_beside_the_sentences_may_fix_the_split(tmp_path: Path, schema: LabelSchema) -> None:
    file = _write(tmp_path / "c.jsonl", [_row(), _row(id="b-0", document_id="b")])
    _write(tmp_path / "documents.jsonl", [{"id": "a", "title": "A leak", "split": "test"}, {"id": "unused"}])
    for path in (file, tmp_path):
        corpus = load_corpus(path, schema)
        assert [example.split for example in corpus.examples] == ["test", None]
        assert {name: record.title for name, record in corpus.documents.items()} == {"a": "A leak"}


def test_metadata_counts_in_the_digest(tmp_path: Path, schema: LabelSchema) -> None:
    file = _write(tmp_path / "c.jsonl", [_row()])
    without = load_corpus(file, schema).digest
    _write(tmp_path / "documents.jsonl", [{"id": "a", "title": "A leak"}])
    assert load_corpus(file, schema).digest != without


def test_wrong_metadata_is_told_by_file_and_line(tmp_path: Path, schema: LabelSchema) -> None:
    file = _write(tmp_path / "c.jsonl", [_row()])
    metadata = _write(tmp_path / "documents.jsonl", [{"id": "a", "titel": "A leak"}])
    with pytest.raises(DataError) as refusal:
        load_corpus(file, schema)
    assert str(refusal.value).startswith(f"{metadata}:1: unknown key 'titel'")


def test_all_problems_are_listed_and_the_first_is_told(tmp_path: Path, schema: LabelSchema) -> None:
    first = tmp_path / "c" / "one.jsonl"
    second = _write(tmp_path / "c" / "two.jsonl", [_row(id="a-1"), _row(), _row(id="a-2", stance={"mine": "good"})])
    lines = [json.dumps(_row()), "{", json.dumps(_row(id="a-3", themes=["watr"]))]
    first.write_text("\n".join(lines), encoding="utf-8")
    problems = _problems(tmp_path / "c", schema)
    assert [problem.split(": ")[0] for problem in problems] == [
        f"{first}:2",
        f"{first}:3",
        f"{second}:2",
        f"{second}:3",
    ]
    with pytest.raises(CorpusError, match=r"broken JSON .* \(and 3 more: `rareearth-nlp corpus check` lists them\)$"):
        load_corpus(tmp_path / "c", schema)


def test_one_problem_is_told_alone(tmp_path: Path, schema: LabelSchema) -> None:
    file = _write(tmp_path / "c.jsonl", [_row(theme="water")])
    (problem,) = _problems(file, schema)
    assert problem == f"{file}:1: unknown key 'theme'; did you mean 'themes'?"


def test_a_repeated_id_names_both_places(tmp_path: Path, schema: LabelSchema) -> None:
    first = _write(tmp_path / "c" / "one.jsonl", [_row()])
    second = _write(tmp_path / "c" / "two.jsonl", [_row(id="b-0", document_id="b"), _row(document_id="b")])
    (problem,) = _problems(tmp_path / "c", schema)
    assert problem.startswith(f"{second}:2: the id 'a-0' stands also at {first}:1")


@pytest.mark.parametrize("split", ["test", None])
def test_a_document_in_two_splits_names_both_places(tmp_path: Path, schema: LabelSchema, split: str | None) -> None:
    rows = [_row(split="train"), *(_row(id=f"a-{number}", split=split) for number in (1, 2))]
    file = _write(tmp_path / "c.jsonl", rows)
    (problem,) = _problems(file, schema)
    assert problem.startswith(f"{file}:2: the document 'a' is in split {split} here and in train at {file}:1")


@pytest.mark.parametrize(
    ("name", "content"),
    [("c.jsonl", ""), ("c.jsonl", "\n \n"), ("c.csv", ""), ("c.csv", "id,document_id,text\r\n\r\n")],
)
def test_an_empty_corpus_is_refused(tmp_path: Path, schema: LabelSchema, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    (problem,) = _problems(tmp_path / name, schema)
    assert problem.startswith(f"{tmp_path / name}: the corpus is empty")


def test_paths_that_are_no_corpus_are_refused(tmp_path: Path, schema: LabelSchema) -> None:
    _write(tmp_path / "documents.jsonl", [{"id": "a"}])
    assert _problems(tmp_path, schema) == (f"{tmp_path}: expected .jsonl or .csv files in this folder, found none",)
    for name in ("corpus.txt", "gone"):
        (problem,) = _problems(tmp_path / name, schema)
        assert problem.startswith(f"{tmp_path / name}: expected a folder or a .jsonl or .csv file")
    with pytest.raises(DataError) as refusal:
        load_corpus(tmp_path / "gone.jsonl", schema)
    assert str(refusal.value).startswith(f"{tmp_path / 'gone.jsonl'}: expected a readable UTF-8 file")


def test_a_split_is_said_in_one_way(tmp_path: Path, schema: LabelSchema) -> None:
    file = _write(tmp_path / "corpus" / "train.jsonl", [_row(split="test"), _row(id="b-0", document_id="b")])
    (problem,) = _problems(file.parent, schema)
    assert problem.startswith(f"{file}:1: its split is test, its file is train.jsonl")
    _write(file, [_row(), _row(id="a-1"), _row(id="b-0", document_id="b")])
    _write(file.with_name("documents.jsonl"), [{"id": "a", "split": "test"}, {"id": "b", "split": "train"}])
    (problem,) = _problems(file.parent, schema)
    assert problem.startswith(f"{file}:1: is in split train, its document 'a' in test by documents.jsonl")


def test_documents_and_sentences_are_told_together(tmp_path: Path, schema: LabelSchema) -> None:
    file = _write(tmp_path / "corpus" / "train.jsonl", [{"id": "a"}])
    (file.parent / "documents.jsonl").write_text("{\n{}\n", encoding="utf-8")
    assert len(_problems(file.parent, schema)) == 3
