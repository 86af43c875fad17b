"""Files out: every kind holds the same tags, none is overwritten or left half-written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pyarrow import parquet

from rareearth_nlp.documents import TaggedDocument
from rareearth_nlp.errors import DataError
from rareearth_nlp.reading import read_text
from rareearth_nlp.tagging.tagger import Tagger
from rareearth_nlp.tagging.writing import check_out, write


@pytest.fixture
def documents(tfidf_folder: Path) -> list[TaggedDocument]:
    texts = ["The union won <b>seven</b> per cent.", "Wells ran dry, and the mine & its pipe stopped."]
    return Tagger.load(tfidf_folder).tag([read_text(text, f"article {n}") for n, text in enumerate(texts)])


def test_parquet_csv_and_jsonl_agree(documents: list[TaggedDocument], tmp_path: Path) -> None:
    parquet = pd.read_parquet(write(documents, tmp_path / "tags.parquet"))
    csv = pd.read_csv(write(documents, tmp_path / "tags.csv"), keep_default_na=False)
    lines = write(documents, tmp_path / "tags.jsonl").read_text(encoding="utf-8").splitlines()
    shapes = [json.loads(line) for line in lines]
    assert shapes == [document.to_dict() for document in documents]
    sentences = [sentence for shape in shapes for sentence in shape["sentences"]]
    assert parquet["text"].tolist() == csv["text"].tolist() == [sentence["text"] for sentence in sentences]
    assert [list(themes) for themes in parquet["themes"]] == [sentence["themes"] for sentence in sentences]
    assert csv["themes"].tolist() == [";".join(sentence["themes"]) for sentence in sentences]
    assert parquet["stance:mine"].tolist() == [sentence["stances"]["mine"]["label"] for sentence in sentences]


def test_a_column_that_is_empty_tonight_has_the_type_of_every_night(
    documents: list[TaggedDocument], tmp_path: Path
) -> None:
    named = [replace(documents[0], document=replace(documents[0].document, title="Seven", date="2026-01-02"))]
    schemas = [
        parquet.read_schema(write(night, tmp_path / f"{number}.parquet")).remove_metadata()
        for number, night in enumerate((documents[:1], named))
    ]
    assert schemas[0] == schemas[1]


def test_the_page_escapes_and_shows_every_sentence(documents: list[TaggedDocument], tmp_path: Path) -> None:
    page = write(documents, tmp_path / "tags.html").read_text(encoding="utf-8")
    assert "The union won &lt;b&gt;seven&lt;/b&gt; per cent." in page
    assert "the mine &amp; its pipe stopped." in page
    assert documents[0].tagger in page
    assert "http" not in page.lower()  # nothing is fetched


def test_a_file_is_not_replaced_unasked(documents: list[TaggedDocument], tmp_path: Path) -> None:
    out = tmp_path / "tags.jsonl"
    out.write_text("precious")
    with pytest.raises(DataError, match="--overwrite"):
        write(documents, out)
    assert out.read_text() == "precious"
    write(documents, out, overwrite=True)
    assert len(out.read_text().splitlines()) == 2


@pytest.mark.parametrize("name", ["tags.xlsx", "tags", "tags.json"])
def test_unknown_kinds_are_refused(name: str) -> None:
    with pytest.raises(DataError, match=r"expected a file that ends in .parquet, .jsonl, .csv, .html"):
        check_out(Path(name), overwrite=False)


def test_nothing_is_left_when_writing_fails(documents: list[TaggedDocument], tmp_path: Path) -> None:
    broken = [*documents, "no document"]
    with pytest.raises(AttributeError):
        write(broken, tmp_path / "tags.jsonl")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_takes_no_file_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="no file can be written in"):
        check_out(tmp_path / "file" / "tags.csv", overwrite=False)
    check_out(tmp_path / "new" / "folder" / "tags.csv", overwrite=False)
