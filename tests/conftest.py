"""What several tests share: toy weights, a small corpus, trained taggers. Nothing is downloaded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rareearth_nlp.commands.options import read_config
from rareearth_nlp.config import Config
from rareearth_nlp.corpus.dataset import Labelled, Origin
from rareearth_nlp.labels import LabelSchema, load_labels
from rareearth_nlp.resources import shipped
from rareearth_nlp.tagging.tagger import Tagger
from rareearth_nlp.training.ingredients import gather
from rareearth_nlp.training.train import train

os.environ["HF_HUB_OFFLINE"] = "1"  # before transformers is imported: a test that would download fails instead


@pytest.fixture
def starter() -> Path:
    """The folder that `init` copies: labels, 32 sentences in eight documents, a config."""
    return shipped("seeds", "starter")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs in a folder of its own, with no tagger and no store set from outside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("RAREEARTH_TAGGER", raising=False)


def new_labelled(themes: Any, stances: Any = (), documents: Sequence[str] | None = None) -> Labelled:
    """Return sentences with the themes given, `[sentences, themes]`, the first of them with a stance toward a mine."""
    size = len(themes)
    names = documents or ["one"] * size
    return Labelled(
        texts=[f"sentence number {number} about water" for number in range(size)],
        contexts=[""] * size,
        themes=np.array(themes, dtype=np.float32),
        rows=np.arange(len(stances)),
        targets=["the mine"] * len(stances),
        stances=np.array(stances, dtype=np.int64),
        seen=[None] * len(stances),
        origins=[Origin(name, name) for name in names],
        weights=np.ones(size, dtype=np.float32),
    )


@pytest.fixture(scope="session")
def schema() -> LabelSchema:
    return load_labels(shipped("seeds", "starter", "labels.yaml"))


@pytest.fixture(scope="session")
def toy_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two thin layers with random weights, and a tokenizer that knows the starter corpus' words."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import TemplateProcessing
    from tokenizers.trainers import WordPieceTrainer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("toy-weights")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    backend = Tokenizer(WordPiece(unk_token="[UNK]"))
    backend.normalizer = BertNormalizer()
    backend.pre_tokenizer = BertPreTokenizer()
    texts = shipped("seeds", "starter", "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    backend.train_from_iterator(texts, WordPieceTrainer(vocab_size=400, special_tokens=special))
    backend.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    backend.enable_padding(length=64)  # as some published bundles do: it must not reach the model
    names = {f"{name.strip('[]').lower()}_token": name for name in special}
    PreTrainedTokenizerFast(tokenizer_object=backend, **names).save_pretrained(folder)
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=backend.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    BertModel(shape).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def toy_settings(toy_weights: Path) -> list[str]:
    """Overrides under which the starter project trains an encoder in seconds."""
    recipe = ["family=encoder", f"weights={toy_weights}", "max_tokens=64", "epochs=2", "min_steps=1", "batch_size=8"]
    return [f"model.{setting}" for setting in recipe]


def _trained(overrides: list[str], folder: Path) -> Path:
    config: Config = read_config([str(shipped("seeds", "starter", "config.yaml")), *overrides, f"taggers={folder}"])
    return train(gather(config)).tagger.save(folder / "tagger")


@pytest.fixture(scope="session")
def encoder_folder(toy_settings: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _trained(toy_settings, tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="session")
def tfidf_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _trained(["model.family=tfidf"], tmp_path_factory.mktemp("tfidf"))


@pytest.fixture(scope="session")
def pairs_folder(toy_settings: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _trained([*toy_settings, "model.pairs=true"], tmp_path_factory.mktemp("pairs"))


@pytest.fixture(params=["encoder", "tfidf", "pairs"])
def tagger_folder(request: pytest.FixtureRequest) -> Path:
    """A saved tagger of each family in turn."""
    folder: Path = request.getfixturevalue(f"{request.param}_folder")
    return folder


@pytest.fixture
def tagger(tagger_folder: Path) -> Tagger:
    return Tagger.load(tagger_folder)
