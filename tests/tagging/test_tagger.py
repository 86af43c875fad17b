"""The tagger: results in order with their places, targets under what was asked, directories that are checked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rareearth_nlp.errors import DataError, ModelError
from rareearth_nlp.reading import read_text
from rareearth_nlp.tagging.tagger import Tagger

TEXT = "Mine news\n\nThe union won seven per cent.  Wells ran dry.\n\n• Brine workers cheered 🎉 at night.\n\nReply\n"


def test_tag_text_keeps_places(tagger: Tagger) -> None:
    tagged = tagger.tag_text(TEXT)
    assert [sentence.kind for sentence in tagged.sentences] == ["heading", "text", "text", "bullet"]
    for sentence in tagged.sentences:
        assert TEXT[sentence.start : sentence.end] == sentence.text
        assert set(sentence.scores) == {"water", "jobs"}
        assert set(sentence.themes) == {name for name, score in sentence.scores.items() if score >= 0.5}


def test_default_targets_are_the_standing_and_the_named(tagger: Tagger) -> None:
    named = tagger.tag_text(TEXT).sentences[0].stances
    assert list(named) == ["mine", "union"]
    assert list(tagger.tag_text("Rain fell.").sentences[0].stances) == ["mine"]


def test_targets_come_back_under_what_was_asked(tagger: Tagger) -> None:
    asked = ["mine", "the Salar Blanco lithium mine", "Salar Blanco", "a new pipe"]
    stances = tagger.tag_text("Wells ran dry.", asked).sentences[0].stances
    assert list(stances) == asked
    by_id, by_name, by_alias, phrase = (stances[target].scores for target in asked)
    assert by_id == by_name == by_alias
    assert phrase != by_id
    assert stances["mine"].label == max(by_id, key=lambda label: by_id[label])


def test_no_targets(tagger: Tagger) -> None:
    assert tagger.tag_text(TEXT, targets=()).sentences[0].stances == {}


@pytest.mark.parametrize("targets", ["mine", [""], ["x" * 201]])
def test_targets_that_are_none(tagger: Tagger, targets: str | list[str]) -> None:
    with pytest.raises(DataError, match="expected a"):
        tagger.tag_text(TEXT, targets)


def test_tag_sentences_splits_nothing(tagger: Tagger) -> None:
    texts = ["Wells ran dry. The union won.", "", "  spaced  ", "Wells ran dry. The union won."]
    tagged = tagger.tag_sentences(texts)
    assert [sentence.text for sentence in tagged] == texts
    assert [(sentence.start, sentence.end) for sentence in tagged] == [(0, len(text)) for text in texts]
    assert tagged[0].scores == pytest.approx(tagged[3].scores, abs=1e-6)
    assert tagger.tag_sentences([]) == []


def test_documents_with_different_targets_keep_their_order(tagger: Tagger) -> None:
    documents = [read_text(text, str(n)) for n, text in enumerate(["Rain fell.", TEXT, "Snow fell. It melted."])]
    together = tagger.tag(documents)
    assert [tagged.document.id for tagged in together] == ["0", "1", "2"]
    for document, tagged in zip(documents, together, strict=True):
        alone = tagger.tag([document])[0]
        for one, other in zip(alone.sentences, tagged.sentences, strict=True):
            assert (one.text, one.themes, list(one.stances)) == (other.text, other.themes, list(other.stances))
            assert one.scores == pytest.approx(other.scores, abs=1e-5)


def test_an_empty_text(tagger: Tagger) -> None:
    assert tagger.tag_text("").sentences == ()


def test_frames_and_the_one_json_shape(tagger: Tagger) -> None:
    tagged = tagger.tag_text(TEXT)
    frame = tagged.to_frame()
    assert len(frame) == 4
    assert {"document_id", "start", "end", "text", "themes", "score_water", "stance:mine", "tagger"} <= set(
        frame.columns
    )
    by_target = tagged.to_frame(by="target")
    assert len(by_target) == 8
    assert {"target", "stance", "score_favor"} <= set(by_target.columns)
    shape = json.loads(json.dumps(tagged.to_dict()))
    assert shape["schema_version"] == 1
    assert shape["tagger"] == tagger.id
    assert shape["sentences"][1]["stances"]["mine"]["scores"].keys() == {"favor", "against", "neutral"}


def test_loads_without_config_or_store(tagger_folder: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(tagger_folder, tmp_path / "elsewhere")
    before, after = Tagger.load(tagger_folder), Tagger.load(moved)
    assert before.id == after.id
    assert before.tag_text(TEXT).to_dict() == after.tag_text(TEXT).to_dict()
    assert [file.name for file in tmp_path.iterdir()] == ["elsewhere"]


def _newer(folder: Path) -> None:
    manifest = folder / "tagger.json"
    manifest.write_text(manifest.read_text().replace('"format_version": 1', '"format_version": 99'))


def _altered(folder: Path) -> None:
    (folder / "labels.yaml").write_text((folder / "labels.yaml").read_text() + "# a word more\n")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: shutil.rmtree(folder), "no such tagger directory"),
        (lambda folder: (folder / "tagger.json").unlink(), "not a tagger directory"),
        (lambda folder: (folder / "tagger.json").write_text("{"), "not a readable manifest"),
        (lambda folder: (folder / "tagger.json").write_text("{}"), "key 'format_version' is missing"),
        (_newer, "format 99 is newer than format 1"),
        (lambda folder: (folder / "labels.yaml").unlink(), r"labels.yaml: missing, though tagger.json lists it"),
        (_altered, r"labels.yaml: altered since training"),
    ],
)
def test_a_harmed_directory_is_refused(
    harm: Callable[[Path], None], message: str, tfidf_folder: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tfidf_folder, tmp_path / "harmed")
    harm(folder)
    with pytest.raises(ModelError, match=message):
        Tagger.load(folder)


def test_saving_never_overwrites_and_leaves_nothing_half(tfidf_folder: Path, tmp_path: Path) -> None:
    tagger = Tagger.load(tfidf_folder)
    tagger.save(tmp_path / "one")
    with pytest.raises(ModelError, match="exists already"):
        tagger.save(tmp_path / "one")

    def fail(_: Path) -> None:
        raise OSError("disk full")

    tagger.classifier.save = fail  # type: ignore[assignment,method-assign]
    with pytest.raises(OSError, match="disk full"):
        tagger.save(tmp_path / "two")
    assert [file.name for file in tmp_path.iterdir()] == ["one"]
