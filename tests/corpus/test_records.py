from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rareearth_nlp.corpus.records import DocumentRecord, read_documents, read_sentences
from rareearth_nlp.documents import Example
from rareearth_nlp.errors import DataError
from rareearth_nlp.labels import LabelSchema

CSV_LINES = ["id,document_id,text", "a-1,a,A leak.", "a-2,a,It ran."]


def _line(**fields: Any) -> str:
    return json.dumps({"id": "a-0", "document_id": "a", "text": "A leak."} | fields)


def _csv(cells: str) -> str:
    return f"id,document_id,text,themes,stance\na-0,a,A leak.,{cells}\n"


def _read(file: Path, content: str, schema: LabelSchema) -> list[tuple[str, Example | DataError]]:
    file.write_text(content, encoding="utf-8", newline="")
    return list(read_sentences(file, schema))


def _example(file: Path, content: str, schema: LabelSchema) -> Example:
    ((_, found),) = _read(file, content, schema)
    assert isinstance(found, Example), found
    return found


def test_a_line_has_defaults(tmp_path: Path, schema: LabelSchema) -> None:
    assert _example(tmp_path / "c.jsonl", _line(), schema) == Example("a-0", "a", 0, "A leak.")


def test_a_line_may_hold_every_key(tmp_path: Path, schema: LabelSchema) -> None:
    fields = {"position": 3, "themes": ["water"], "stance": {"mine": "against"}, "source": "me", "kind": "heading"}
    found = _example(tmp_path / "c.jsonl", _line(**fields, split="test"), schema)
    assert found == Example("a-0", "a", 3, "A leak.", ("water",), {"mine": "against"}, "me", "heading", "test")


@pytest.mark.parametrize(("written", "themes"), [(None, None), ([], ()), (["jobs", "water"], ("jobs", "water"))])
def test_null_is_not_annotated_and_an_empty_list_is_none_found(
    tmp_path: Path, schema: LabelSchema, written: list[str] | None, themes: tuple[str, ...] | None
) -> None:
    assert _example(tmp_path / "c.jsonl", _line(themes=written), schema).themes == themes


@pytest.mark.parametrize(
    ("cell", "themes"),
    [
        ("", None),
        ("none", ()),
        ("water", ("water",)),
        (" water ; jobs;", ("water", "jobs")),
        (" ", None),
    ],
)
def test_a_csv_cell_of_themes(tmp_path: Path, schema: LabelSchema, cell: str, themes: tuple[str, ...] | None) -> None:
    assert _example(tmp_path / "c.csv", _csv(f"{cell},"), schema).themes == themes


@pytest.mark.parametrize(
    ("cell", "stance"),
    [
        ("", {}),
        ("mine=favor", {"mine": "favor"}),
        ("mine = favor ; a=b=against;", {"mine": "favor", "a=b": "against"}),
    ],
)
def test_a_csv_cell_of_stances(tmp_path: Path, schema: LabelSchema, cell: str, stance: dict[str, str]) -> None:
    assert _example(tmp_path / "c.csv", _csv(f",{cell}"), schema).stance == stance


def test_csv_as_spreadsheets_write_it(tmp_path: Path, schema: LabelSchema) -> None:
    content = '\ufeffid,document_id,text,themes\r\na-0,a,"He said ""no"",\r\nand left.",water\r\na-1,a,It ran.\r\n\r\n'
    found = [example for _, example in _read(tmp_path / "c.csv", content, schema)]
    assert found == [
        Example("a-0", "a", 0, 'He said "no",\r\nand left.', ("water",)),
        Example("a-1", "a", 1, "It ran."),
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("suffix", "lines"), [(".csv", CSV_LINES), (".jsonl", [_line(id="a-1"), _line(id="a-2")])])
def test_any_line_end_will_do(tmp_path: Path, schema: LabelSchema, newline: str, suffix: str, lines: list[str]) -> None:
    found = _read(tmp_path / f"c{suffix}", newline.join(lines), schema)
    assert [example.id for _, example in found if isinstance(example, Example)] == ["a-1", "a-2"]


def test_blank_lines_are_skipped_and_counted(tmp_path: Path, schema: LabelSchema) -> None:
    file = tmp_path / "c.jsonl"
    content = f"\ufeff{_line()}\r\n\r\n  \n{_line(id='a-1')}".replace("leak", "line\u2028break")
    found = _read(file, content, schema)
    assert [place for place, _ in found] == [f"{file}:1", f"{file}:4"]
    assert all(isinstance(example, Example) and example.text == "A line\u2028break." for _, example in found)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "a-0"', "broken JSON"),
        ("[1, 2]", "expected a JSON object, got '[1, 2]"),
        (_line(themes=["watr"]), "unknown theme 'watr'; did you mean 'water'?"),
        (_line(themes=["water", "zzz"]), "unknown theme 'zzz'; known are jobs, water"),
        (_line(themes="water"), "'themes'"),
        (_line(theems=["water"]), "unknown key 'theems'; did you mean 'themes'?"),
        (
            _line(stance={"mine": "favour"}),
            "'stance.mine': input should be 'favor', 'against' or 'neutral', got 'favour'",
        ),
        (_line(stance={"mine": None}), "'stance.mine'"),
        (_line(stance={" ": "favor"}), "'stance': expected targets of 1 to 200 characters"),
        (_line(stance={"X" * 201: "favor"}), "got 201"),
        (_line(text=""), "'text'"),
        (_line(id=""), "'id'"),
        (_line(position=-1), "'position'"),
        (_line(split="dev"), "'split': input should be 'train', 'validation' or 'test', got 'dev'"),
        (_line(kind="title"), "'kind'"),
        ('{"id": "a-0", "text": "A leak."}', "the key 'document_id' is missing"),
        (_line(text=" \n"), "'text'"),
        ('{"id": "a-0", "stance": {"mine": "favor", "mine": "against"}}', "'mine' stands there twice"),
    ],
)
def test_a_wrong_line_is_told_by_file_and_line(tmp_path: Path, schema: LabelSchema, line: str, told: str) -> None:
    file = tmp_path / "c.jsonl"
    good, bad = _read(file, f"{_line(id='b')}\n{line}\n", schema)
    assert isinstance(good[1], Example)
    assert isinstance(bad[1], DataError)
    assert str(bad[1]).startswith(f"{file}:2: ")
    assert told in str(bad[1])


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ("watr,", "unknown theme 'watr'; did you mean 'water'?"),
        (",mine=favour", "got 'favour'"),
        (",mine", "got 'mine'"),
        (",mine=favor;mine=against", "'mine' stands there twice"),
        ("water;water,", "'water' stands there twice"),
        (",,and more", "more cells than the header has columns"),
    ],
)
def test_a_wrong_csv_row_is_told_by_file_and_line(tmp_path: Path, schema: LabelSchema, cells: str, told: str) -> None:
    file = tmp_path / "c.csv"
    ((place, found),) = _read(file, _csv(cells), schema)
    assert place == f"{file}:2"
    assert isinstance(found, DataError)
    assert str(found).startswith(f"{file}:2: ")
    assert told in str(found)


def test_an_unknown_csv_column_is_told_with_the_nearest(tmp_path: Path, schema: LabelSchema) -> None:
    ((_, found),) = _read(tmp_path / "c.csv", "id,document_id,txt\na-0,a,A leak.\n", schema)
    assert "unknown key 'txt'; did you mean 'text'?" in str(found)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(3, id="few"),
        pytest.param(10_000, id="many"),
    ],
)
def test_a_quote_that_is_not_closed_is_told(tmp_path: Path, schema: LabelSchema, rows: int) -> None:
    content = 'id,document_id,text\na-0,a,"A leak.\n' + "".join(f"a-{row},a,It ran.\n" for row in range(1, rows))
    found = [example for _, example in _read(tmp_path / "c.csv", content, schema)]
    assert any(isinstance(example, DataError) for example in found)


def test_a_file_that_is_no_text_is_told_by_name(tmp_path: Path, schema: LabelSchema) -> None:
    latin, missing = tmp_path / "c.jsonl", tmp_path / "gone.csv"
    latin.write_bytes('{"id": "é"}'.encode("latin-1"))
    for file in (latin, missing):
        with pytest.raises(DataError) as refusal:
            list(read_sentences(file, schema))
        assert str(refusal.value).startswith(f"{file}: expected a readable UTF-8 file")


def test_documents_are_read(tmp_path: Path) -> None:
    file = tmp_path / "documents.jsonl"
    file.write_text('{"id": "a", "title": "A leak", "split": "test"}\n\n{"id": "b"}\n', encoding="utf-8")
    assert list(read_documents(file)) == [
        DocumentRecord(id="a", title="A leak", split="test"),
        DocumentRecord(id="b"),
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "a"}', "the document 'a' stands there twice"),
        ('{"id": "b", "titel": "A leak"}', "unknown key 'titel'; did you mean 'title'?"),
        ('{"id": "b", "split": "dev"}', "'split'"),
        ("{", "broken JSON"),
        ('{"id": "b", "id": "c"}', "'id' stands there twice"),
    ],
)
def test_a_wrong_document_is_told_by_file_and_line(tmp_path: Path, line: str, told: str) -> None:
    file = tmp_path / "documents.jsonl"
    file.write_text(f'{{"id": "a"}}\n{line}\n', encoding="utf-8")
    first, problem = read_documents(file)
    assert first == DocumentRecord(id="a")
    assert str(problem).startswith(f"{file}:2: ")
    assert told in str(problem)
