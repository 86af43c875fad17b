from __future__ import annotations

from pathlib import Path

import pytest

from rareearth_nlp.corpus.checking import check_corpus
from rareearth_nlp.corpus.loading import Corpus
from rareearth_nlp.corpus.records import DocumentRecord
from rareearth_nlp.corpus.splitting import Splits
from rareearth_nlp.documents import Example
from rareearth_nlp.labels import LabelSchema

TEXT = "The mine reopens\n\nWater is short. The union waits for an answer.\n\nLeave a Reply\n"
UNITS = [("The mine reopens", "heading"), ("Water is short.", "text"), ("The union waits for an answer.", "text")]


def _splits(corpus: Corpus) -> Splits:
    return {name: tuple(e for e in corpus.examples if e.split == name) for name in ("train", "validation", "test")}


def _corpus(*documents: DocumentRecord, stance: str = "mine") -> Corpus:
    examples = [
        Example(f"{record.id}-{place}", record.id, place, text, (), {stance: "neutral"}, None, kind, record.split)  # type: ignore[arg-type]
        for record in documents
        for place, (text, kind) in enumerate(UNITS)
    ]
    return Corpus(tuple(examples), {record.id: record for record in documents})


def _document(**fields: str) -> DocumentRecord:
    return DocumentRecord.model_validate({"id": "leak", "split": "train"} | fields)


def _problems(corpus: Corpus, folder: Path, schema: LabelSchema) -> list[str]:
    return check_corpus(corpus, _splits(corpus), folder, schema)


def test_sentences_are_what_reading_the_text_gives(tmp_path: Path, schema: LabelSchema) -> None:
    corpus = _corpus(_document())
    file = tmp_path / "texts" / "leak.txt"
    file.parent.mkdir()
    file.write_text(TEXT, encoding="utf-8")
    assert _problems(corpus, tmp_path, schema) == []
    file.write_text(TEXT.replace("short", "scarce"), encoding="utf-8")
    (problem,) = _problems(corpus, tmp_path, schema)
    assert problem.startswith(f"{file}: its sentence 1 is not the corpus' one")
    file.write_text(TEXT + "\nOne more sentence came after it was labelled.\n", encoding="utf-8")
    (problem,) = _problems(corpus, tmp_path, schema)
    assert "its sentence 3" in problem


def test_a_text_without_sentences_is_told(tmp_path: Path, schema: LabelSchema) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "orphan.txt").write_text(TEXT, encoding="utf-8")
    (problem,) = _problems(_corpus(_document()), tmp_path, schema)
    assert "no sentence of the document 'orphan'" in problem


def test_an_empty_text_is_told_among_others(tmp_path: Path, schema: LabelSchema) -> None:
    (tmp_path / "texts").mkdir()
    for name in ("leak", "orphan"):
        (tmp_path / "texts" / f"{name}.txt").write_text("\n", encoding="utf-8")
    empty, orphan = _problems(_corpus(_document()), tmp_path, schema)
    assert "leak.txt" in empty
    assert "orphan" in orphan


def test_answers_are_for_sentences_of_the_corpus(tmp_path: Path, schema: LabelSchema) -> None:
    file = tmp_path / "annotations" / "ann.jsonl"
    file.parent.mkdir()
    file.write_text('{"id": "leak-1", "annotator": "ann"}\n{"id": "lack-1", "annotator": "ann"}\n', encoding="utf-8")
    (problem,) = _problems(_corpus(_document()), tmp_path, schema)
    assert problem.startswith("annotations: 'ann' answers for 'lack-1', which is not in the corpus")
    file.write_text('{"id": "leak-1", "annotator": "ann", "stance": {"": "favor"}}\n', encoding="utf-8")
    (problem,) = _problems(_corpus(_document()), tmp_path, schema)
    assert problem.startswith(f"{file}:1: 'stance': expected targets of 1 to")


def test_a_document_without_a_record_is_told_where_others_have_one(tmp_path: Path, schema: LabelSchema) -> None:
    corpus = _corpus(_document(), _document(id="again"))
    del corpus.documents["again"]  # type: ignore[attr-defined]
    (problem,) = _problems(corpus, tmp_path, schema)
    assert problem.startswith("the document 'again' is not in documents.jsonl")


def test_an_event_belongs_to_one_split(tmp_path: Path, schema: LabelSchema) -> None:
    told = _document(event="flood"), _document(id="again", event="flood", split="test")
    (problem,) = _problems(_corpus(*told), tmp_path, schema)
    assert problem.startswith("the event 'flood' is told in train ('leak') and in test ('again')")
    same_split = _document(event="flood"), _document(id="again", event="flood")
    assert _problems(_corpus(*same_split), tmp_path, schema) == []


@pytest.mark.parametrize("target", ["mine", "the Salar Blanco lithium mine", "Salar Blanco", "the aqueduct"])
def test_listed_targets_and_the_documents_own_are_known(tmp_path: Path, schema: LabelSchema, target: str) -> None:
    assert _problems(_corpus(_document(target="the aqueduct"), stance=target), tmp_path, schema) == []


def test_an_unknown_target_is_told_once_per_document(tmp_path: Path, schema: LabelSchema) -> None:
    (problem,) = _problems(_corpus(_document(), stance="mines"), tmp_path, schema)
    assert problem == "'leak-0': unknown target 'mines'; did you mean 'mine'?"
    (problem,) = _problems(_corpus(_document(), stance="zzz"), tmp_path, schema)
    assert problem.endswith("list it in the labels file, or as its document's target")
