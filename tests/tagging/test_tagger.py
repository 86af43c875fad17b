"""The tagger: results in order with their places, targets under what was asked, directories that are checked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rareearth_nlp.errors import DataError, ModelError
from rareearth_nlp.models.decisions import Promise
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
    assert by_id == pytest.approx(by_name, abs=1e-6)
    assert by_id == pytest.approx(by_alias, abs=1e-6)
    assert phrase != pytest.approx(by_id, abs=1e-6)
    assert stances["mine"].label == max(by_id, key=lambda label: by_id[label])


def test_no_targets(tagger: Tagger) -> None:
    assert tagger.tag_text(TEXT, targets=()).sentences[0].stances == {}


@pytest.mark.parametrize("targets", ["mine", [""], ["x" * 201]])
def test_targets_that_are_none(tagger: Tagger, targets: str | list[str]) -> None:
    with pytest.raises(DataError, match="expected a"):
        tagger.tag_text(TEXT, targets)


def test_thresholds_can_be_changed_at_call(tagger: Tagger) -> None:
    everything = tagger.with_thresholds({"water": 0.001, "jobs": 0.001, "favor": 0.001, "against": 0.999})
    sentence = everything.tag_text("Wells ran dry.").sentences[0]
    assert sentence.themes == ("water", "jobs")
    assert sentence.stances["mine"].label == "favor"
    assert everything.id != tagger.id
    with pytest.raises(DataError, match=r"threshold of 'watr': .*'water'"):
        tagger.with_thresholds({"watr": 0.5})
    with pytest.raises(DataError, match="between 0 and 1, got 7"):
        tagger.with_thresholds({"water": 7})
    with pytest.raises(DataError, match="both favor and against"):
        tagger.with_thresholds({"favor": 0.5})


def test_a_precision_is_promised_only_by_a_tagger_examined_for_it(
    tagger: Tagger, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ModelError, match="promises none"):
        tagger.tag_text("Wells ran dry.", precision=0.9)
    cuts = {"water": 0.0001, "jobs": None, "favor": None, "against": None}
    low = tagger.with_thresholds({"water": 0.0001, "jobs": 0.0001, "favor": 0.0001, "against": 0.9999})
    rule = low.manifest.rule.model_copy(update={"promises": (Promise(precision=0.9, cuts=cuts, recall={}),)})
    sure = Tagger(low.classifier, low.schema, low.manifest.model_copy(update={"rule": rule}))
    sentence = sure.tag_text("Wells ran dry.", precision=0.8).sentences[0]
    assert "precision 0.9 is not certifiable at the size of the corpus for jobs, favor, against" in caplog.text
    assert sure.with_thresholds({"water": 0.5}).manifest.rule.promises == ()
    assert (sentence.themes, sentence.abstained) == (("water",), ("jobs",))
    assert [sentence.status(theme) for theme in ("water", "jobs")] == ["tagged", "abstained"]
    assert sentence.stances["mine"].label == "abstained"
    assert sentence.to_dict()["abstained"] == ["jobs"]
    assert sure.tag_sentences(["Wells ran dry."])[0].themes == ("water", "jobs")


def test_context_of_single_sentences(tagger: Tagger) -> None:
    article = tagger.tag_text("Mine news\n\nIt stopped. Wells ran dry.").sentences[2]
    alone = tagger.tag_sentences([article.text], ["mine"], ["Mine news It stopped."])[0]
    assert alone.scores == pytest.approx(article.scores, abs=1e-5)
    with pytest.raises(DataError, match="expected a context for each of 2 sentences, got 1"):
        tagger.tag_sentences(["Rain fell.", "Wells ran dry."], contexts=["Mine news"])


def test_a_string_is_no_list_of_sentences(tagger: Tagger) -> None:
    with pytest.raises(DataError, match="use tag_text"):
        tagger.tag_sentences("Wells ran dry.")


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
    assert shape["schema_version"] == 2
    assert shape["tagger"] == tagger.id
    assert shape["sentences"][1]["stances"]["mine"]["scores"].keys() == {"favor", "against", "neutral"}


def test_loads_without_config_or_store(tagger_folder: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(tagger_folder, tmp_path / "elsewhere")
    before, after = Tagger.load(tagger_folder), Tagger.load(moved)
    assert before.id == after.id
    assert before.tag_text(TEXT).to_dict() == after.tag_text(TEXT).to_dict()
    assert [file.name for file in tmp_path.iterdir()] == ["elsewhere"]


def _of_format(folder: Path, number: int) -> None:
    manifest = folder / "tagger.json"
    manifest.write_text(manifest.read_text().replace('"format_version": 3', f'"format_version": {number}'))


def _altered(folder: Path) -> None:
    (folder / "labels.yaml").write_text((folder / "labels.yaml").read_text() + "# a word more\n")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: shutil.rmtree(folder), "no such tagger directory"),
        (lambda folder: (folder / "tagger.json").unlink(), "not a tagger directory"),
        (lambda folder: (folder / "tagger.json").write_text("{"), "not a readable manifest"),
        (lambda folder: (folder / "tagger.json").write_text("{}"), "key 'format_version' is missing"),
        (lambda folder: _of_format(folder, 99), "format 99 is newer than format 3"),
        (lambda folder: _of_format(folder, 1), "format 1 is older than format 3, which this version reads; train"),
        (lambda folder: (folder / "labels.yaml").unlink(), r"labels.yaml: missing, though tagger.json lists it"),
        (_altered, r"labels.yaml: altered since it was written"),
        (lambda folder: (folder / "model" / "network.xml").touch(), r"network.xml: not of this tagger"),
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
