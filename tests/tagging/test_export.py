"""Exported taggers: the same tags by another engine, precision that is part of the tagger, refusals."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rareearth_nlp.cli import main
from rareearth_nlp.corpus.unlabelled import read_unlabelled
from rareearth_nlp.errors import ModelError
from rareearth_nlp.evaluation.parity import Parity
from rareearth_nlp.models.encoder import EncoderClassifier
from rareearth_nlp.models.engines import OnnxEngine, OpenVinoEngine, TorchEngine
from rareearth_nlp.resources import shipped
from rareearth_nlp.tagging.export import exported
from rareearth_nlp.tagging.tagger import Tagger

CORPUS = shipped("seeds", "starter", "corpus.jsonl")
TEXTS = ["The union won a deal.", "", "A well ran dry below the mine and the herders left."]
ASKED = [["mine", "a pipe"], [], ["water"]]
CONTEXTS = ["", "", "Water fell."]


@pytest.fixture(scope="module")
def fast_folder(encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fast") / "tagger"
    tagger = Tagger.load(encoder_folder, runtime="torch")
    with exported(tagger, read_unlabelled(CORPUS, tagger.schema), "fp32", onnx=True) as fast:
        return fast.save(folder)


@pytest.fixture(scope="module")
def int8_folder(encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("int8") / "tagger"
    tagger = Tagger.load(encoder_folder, runtime="torch")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rareearth_nlp.tagging.export.MAX_DECISIONS", 1.0)  # a toy need not keep its tags
        with exported(tagger, read_unlabelled(CORPUS, tagger.schema), "int8", onnx=False) as fast:
            return fast.save(folder)


@pytest.mark.parametrize(
    ("runtime", "engine"),
    [("auto", OpenVinoEngine), ("openvino", OpenVinoEngine), ("onnx", OnnxEngine), ("torch", TorchEngine)],
)
def test_every_runtime_gives_the_same_scores(
    runtime: str, engine: type, fast_folder: Path, encoder_folder: Path
) -> None:
    tagger = Tagger.load(fast_folder, runtime=runtime, threads=1)  # type: ignore[arg-type]
    assert isinstance(tagger.classifier, EncoderClassifier)
    assert isinstance(tagger.classifier.engine, engine)
    expected = Tagger.load(encoder_folder, runtime="torch").score(TEXTS, ASKED, CONTEXTS)
    found = tagger.score(TEXTS, ASKED, CONTEXTS)
    np.testing.assert_allclose(found.themes, expected.themes, atol=1e-5)
    np.testing.assert_allclose(found.stances, expected.stances, atol=1e-5)
    assert tagger.score(TEXTS, [()] * 3).stances.shape == (0, 3)


def test_how_far_it_is_stands_in_the_manifest(fast_folder: Path, encoder_folder: Path) -> None:
    fast, trained = Tagger.load(fast_folder), Tagger.load(encoder_folder)
    assert fast.manifest.parity is not None
    assert fast.manifest.parity.sentences == 16
    assert fast.manifest.parity.largest < 1e-5
    assert (trained.manifest.parity, fast.manifest.provenance) == (None, trained.manifest.provenance)
    assert fast.id != trained.id


def test_targets_that_are_hardly_asked_are_no_hindrance(encoder_folder: Path) -> None:
    tagger = Tagger.load(encoder_folder, runtime="torch")
    sentences = read_unlabelled(CORPUS, tagger.schema)
    seldom_asked = replace(sentences, asked=[["mine"], *([] for _ in sentences.texts[1:])])  # of one half at most
    with exported(tagger, seldom_asked, "fp32", onnx=False) as fast:
        found, expected = (one.score(TEXTS, ASKED).stances for one in (fast, tagger))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_saved_again_it_keeps_its_forms(fast_folder: Path, tmp_path: Path) -> None:
    again = Tagger.load(fast_folder).save(tmp_path / "again")
    names = {file.name for file in (fast_folder / "model").iterdir()}
    assert {file.name for file in (again / "model").iterdir()} == names
    assert {"network.xml", "network.bin", "network.onnx", "model.safetensors"} <= names


def test_another_precision_is_another_tagger_that_torch_does_not_compute(int8_folder: Path) -> None:
    tagger = Tagger.load(int8_folder)
    assert isinstance(tagger.classifier, EncoderClassifier)
    assert tagger.classifier.reading.precision == "int8"
    assert not (int8_folder / "model" / "model.safetensors").exists()
    for runtime in ("torch", "onnx"):
        with pytest.raises(ModelError, match=f"not made for {runtime}, only for openvino"):
            Tagger.load(int8_folder, runtime=runtime)
    with pytest.raises(ModelError, match="only an encoder as it was trained can be exported"):
        exported(tagger, read_unlabelled(CORPUS, tagger.schema), "int8", onnx=False).__enter__()


def test_int8_spares_as_many_layers_as_it_must(encoder_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tagger = Tagger.load(encoder_folder, runtime="torch")
    found = [0.5, 0.001]

    def compared(*_: object) -> Parity:
        return Parity(sentences=16, largest=0, mean=0, decisions=found.pop(0), touched=0)

    monkeypatch.setattr("rareearth_nlp.tagging.export.compare", compared)
    with exported(tagger, read_unlabelled(CORPUS, tagger.schema), "int8", onnx=False) as fast:
        assert fast.manifest.parity is not None
        assert fast.manifest.parity.fp32_layers == (1,)
        assert fast.score(TEXTS, ASKED).themes.shape == (3, 2)


def test_what_changes_too_many_tags_is_refused(
    encoder_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rareearth_nlp.tagging.export.MAX_DECISIONS", -1.0)
    assert main(["export", "--tagger", str(encoder_folder), "--sentences", str(CORPUS), "-o", "fast"]) == 2
    assert "fp32 changes 0.00% of the decisions on 16 sentences, more than -100.0%" in capsys.readouterr().err
    assert not Path("fast").exists()


def test_the_command_tells_how_far_it_is(encoder_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["export", "--tagger", str(encoder_folder), "--sentences", str(CORPUS), "-o", "fast"]
    assert main(words) == 0
    assert "0.000% of the decisions change" in capsys.readouterr().out
    assert main(["predict", "--tagger", "fast", "--runtime", "openvino", "--threads", "1", "The union won."]) == 0
    assert main(words) == 2
    assert "fast: exists already" in capsys.readouterr().err


def test_a_runtime_that_is_not_installed_names_the_extra(
    int8_folder: Path, fast_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_spec(name: str) -> object:
        return None if name == "openvino" else object()

    monkeypatch.setattr("rareearth_nlp.models.engines.find_spec", find_spec)
    with pytest.raises(ModelError, match=r"computes by openvino only; run: pip install 'rareearth_nlp\[fast\]'"):
        Tagger.load(int8_folder)
    with pytest.raises(ModelError, match="the runtime openvino is not installed"):
        Tagger.load(fast_folder, runtime="openvino")
    tagger = Tagger.load(fast_folder)
    assert isinstance(tagger.classifier, EncoderClassifier)
    assert isinstance(tagger.classifier.engine, OnnxEngine)


def test_export_without_openvino_names_the_extra(encoder_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    tagger = Tagger.load(encoder_folder, runtime="torch")
    with pytest.raises(ModelError, match=r"pip install 'rareearth_nlp\[fast\]'"):
        exported(tagger, read_unlabelled(CORPUS, tagger.schema), "fp32", onnx=False).__enter__()
