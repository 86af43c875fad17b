from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rareearth_nlp.corpus.annotations import annotation_files, load_annotations
from rareearth_nlp.errors import DataError
from rareearth_nlp.labels import LabelSchema


def _file(folder: Path, *rows: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "ann.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


ROW: dict[str, Any] = {"id": "s0", "annotator": "ann", "themes": ["water"], "stance": {"mine": "favor"}}


def test_they_lie_beside_the_sentences(tmp_path: Path) -> None:
    file = _file(tmp_path / "annotations", ROW)
    (tmp_path / "corpus.jsonl").touch()
    assert annotation_files(tmp_path) == annotation_files(tmp_path / "corpus.jsonl") == [file]


def test_an_answer_as_it_was_given(tmp_path: Path, schema: LabelSchema) -> None:
    (answer,) = load_annotations([_file(tmp_path, ROW | {"unsure": True})], schema)
    assert answer.themes == ("water",)
    assert dict(answer.stance) == {"mine": "favor"}
    assert answer.unsure
    assert not answer.needs_context


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"themes": ["watr"]}, r"ann\.jsonl:1: unknown theme 'watr'; did you mean 'water'"),
        ({"stance": {"mine": "for"}}, r"ann\.jsonl:1: 'stance.mine'"),
        ({"unsur": True}, r"ann\.jsonl:1: unknown key 'unsur'; did you mean 'unsure'"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, schema: LabelSchema, row: dict[str, Any], told: str) -> None:
    with pytest.raises(DataError, match=told):
        load_annotations([_file(tmp_path, ROW | row)], schema)


def test_one_reader_answers_once(tmp_path: Path, schema: LabelSchema) -> None:
    with pytest.raises(DataError, match=r"ann\.jsonl:2: 'ann' answers twice for 's0'"):
        load_annotations([_file(tmp_path, ROW, ROW)], schema)
