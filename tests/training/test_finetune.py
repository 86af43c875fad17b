"""What an encoder learns from, in what order, and what is taken back of the weights."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import new_labelled
from transformers import AutoConfig, AutoModel, PreTrainedModel

from rareearth_nlp.config import EncoderConfig
from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.corpus.unlabelled import Unlabelled
from rareearth_nlp.errors import ModelError
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.encoder import EncoderClassifier
from rareearth_nlp.models.engines import TorchEngine
from rareearth_nlp.models.tokens import Tokens
from rareearth_nlp.models.weights import find_weights
from rareearth_nlp.training.distil import Taught
from rareearth_nlp.training.finetune import finetune, load_encoder
from rareearth_nlp.training.lessons import collate, lessons
from rareearth_nlp.training.sampler import LengthBatches

SIDED = EncoderConfig(family="encoder", sided_weight=3)


def test_a_side_weighs_more_and_the_weight_is_taken_back(toy_weights: Path) -> None:
    train = new_labelled([[1, 0], [0, 1], [np.nan, np.nan], [np.nan, np.nan]], [0, 1, 2])
    train = replace(train, weights=np.array([1, 0.5, 1, 1], dtype=np.float32))
    samples = lessons(train, None, Tokens.load(toy_weights, 64), SIDED, contexts=False)
    assert [sample.stance.argmax() for sample in samples] == [0, 1, 2]  # nothing to learn from the fourth
    pairs = np.array([sample.stance.sum() for sample in samples])
    assert (pairs / pairs[2]).tolist() == pytest.approx([3, 1.5, 1])
    assert pairs.mean() == pytest.approx(1)
    assert [sample.weight for sample in samples] == pytest.approx([2, 1, 0])
    classifier = _finetuned(train, toy_weights)
    assert isinstance(classifier.engine, TorchEngine)
    assert classifier.engine.model.stance_shift.tolist() == pytest.approx([0, 0, math.log(3)])


def test_where_pairs_are_read_every_pair_is_a_row(toy_weights: Path) -> None:
    train = new_labelled([[1, 0], [0, 1]], [0, 1])
    train = replace(train, rows=np.array([0, 0]), targets=["the mine", "water"])
    settings = SIDED.model_copy(update={"pairs": True})
    samples = lessons(train, None, Tokens.load(toy_weights, 64), settings, contexts=False)
    assert [sample.stance.tolist() for sample in samples] == [[], [[2, 0, 0]], [[0, 2, 0]], []]
    assert [sample.row.paired for sample in samples] == [False, True, True, False]
    assert [sample.weight for sample in samples] == [2, 0, 0, 2]
    batch = collate(samples)
    assert batch["themes"].isnan().all(dim=1).tolist() == [False, True, True, False]
    assert batch["stance"].tolist() == [[[0, 0, 0]], [[2, 0, 0]], [[0, 2, 0]], [[0, 0, 0]]]


def test_a_batch_carries_its_labels(toy_weights: Path) -> None:
    train = new_labelled([[1, 0], [0, 1]], [0, 1])
    train = replace(train, rows=np.array([0, 0]), targets=["the mine", "water"])
    batch = collate(lessons(train, None, Tokens.load(toy_weights, 64), SIDED, contexts=False))
    assert batch["stance"].tolist() == [[[1, 0, 0], [0, 1, 0]], [[0, 0, 0], [0, 0, 0]]]
    assert batch["themes"].tolist() == [[1, 0], [0, 1]]
    assert batch["weights"].tolist() == [1, 1]
    assert batch["input_ids"].shape == batch["group"].shape


def test_what_teachers_say_counts_beside_the_labels(toy_weights: Path) -> None:
    train = new_labelled([[1, 0]], [2])
    scores = Scores(np.array([[0.2, 0.7]], np.float32), np.array([[0.5, 0.1, 0.4]], np.float32), np.zeros(1, bool))
    taught = Taught(Unlabelled(["It ran."], ["Water fell."], [["the mine"]]), scores)
    annotated, other = lessons(train, taught, Tokens.load(toy_weights, 64), SIDED, contexts=True)
    assert annotated.themes.tolist() == [1, 0]
    assert other.themes.tolist() == pytest.approx([0.2, 0.7])
    assert (other.stance / annotated.stance.sum()).tolist() == [pytest.approx([1.5, 0.3, 0.4])]
    assert other.row.start > 0


def test_an_encoder_that_mixes_targets_is_refused(toy_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _loaded(toy_weights).config.model_type == "bert"
    everything = torch.ones(1, 9, 9, dtype=torch.bool)
    monkeypatch.setattr(
        "rareearth_nlp.models.joint._sees", lambda group: everything[:, : group.shape[1], : group.shape[1]]
    )
    with pytest.raises(ModelError, match=r"expected an encoder that heeds positions and masks .* of type bert"):
        _loaded(toy_weights)


def test_more_tokens_than_the_encoder_reads_are_refused(toy_weights: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.max_tokens=129: .* reads 128 at most"):
        load_encoder(find_weights(EncoderConfig(family="encoder", weights=str(toy_weights))), 129)


@pytest.mark.parametrize(("kind", "kept"), [("roberta", True), ("distilbert", True), ("deberta-v2", False)])
def test_encoders_of_other_types(kind: str, kept: bool, toy_weights: Path, tmp_path: Path) -> None:
    size = {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 32, "intermediate_size": 64}
    if kind == "distilbert":
        size = {"n_layers": 2, "n_heads": 2, "dim": 32, "hidden_dim": 64}
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, vocab_size=400, max_position_embeddings=80, **size)
    AutoModel.from_config(config).save_pretrained(tmp_path / kind)
    shutil.copy(toy_weights / "tokenizer.json", tmp_path / kind)
    if not kept:
        with pytest.raises(ModelError, match=f"got one of type {kind}; name another"):
            _loaded(tmp_path / kind)
        return
    train = new_labelled([[1, 0], [0, 1]] * 4, [0, 1, 2])
    classifier = _finetuned(train, tmp_path / kind)
    classifier.save(tmp_path)
    texts, asked = ["It ran. " * 9, "Water fell."], [["the mine", "water"] * 20, ["water"]]
    scores = EncoderClassifier.load(tmp_path, themes=2).score(texts, asked)
    alone = classifier.score(texts[1:], asked[1:])
    np.testing.assert_allclose(scores.themes[1], alone.themes[0], atol=1e-5)
    np.testing.assert_allclose(scores.stances[[1, -1]], [scores.stances[39], alone.stances[0]], atol=1e-5)


def _loaded(folder: Path) -> PreTrainedModel:
    return load_encoder(find_weights(EncoderConfig(family="encoder", weights=str(folder))), 64)


def test_batches_are_of_like_length_in_random_order() -> None:
    lengths = np.random.default_rng(0).integers(3, 60, 1003).tolist()
    sampler = LengthBatches(lengths, 10, random_seed=1)
    order = list(sampler)
    assert sorted(order) == list(range(len(lengths)))
    batches = [[lengths[index] for index in order[start : start + 10]] for start in range(0, 1000, 10)]
    assert np.mean([max(batch) - min(batch) for batch in batches]) < 3
    means = [np.mean(batch) for batch in batches]
    assert abs(np.corrcoef(means, range(len(means)))[0, 1]) < 0.3
    assert list(sampler) == order
    sampler.set_epoch(1)
    assert list(sampler) != order


def test_each_row_comes_once_before_its_twin_does() -> None:
    lengths = [5, 9, 4, 7] * 26 + [15, 19, 14, 17] * 26
    order = list(LengthBatches(lengths, 10, random_seed=0, twins=True))
    assert sorted(order) == list(range(208))
    once = [row % 104 for row in order[:100]]
    assert len(set(once)) == 100
    assert 30 < sum(row >= 104 for row in order[:100]) < 70
    with_context = {row - 104 for row in order[:100] if row >= 104}
    assert not with_context & {row - 104 for row in order[100:200] if row >= 104}


def test_context_that_no_training_row_had_is_not_read(toy_weights: Path) -> None:
    train = new_labelled([[1, 0], [0, 1]] * 4, [0, 1, 2])
    alone, around = (_finetuned(replace(train, contexts=[context] * 8), toy_weights) for context in ("", "Water fell."))
    for classifier, reads in ((alone, False), (around, True)):
        plain, other = (classifier.score(["It ran."], [[]], [context]).themes for context in ("", "The mine grew."))
        assert np.allclose(plain, other, atol=1e-6) != reads


def _finetuned(train: Labelled, weights: Path) -> EncoderClassifier:
    settings = EncoderConfig(family="encoder", weights=str(weights), max_tokens=64, epochs=1, min_steps=1)
    return finetune(train, 2, find_weights(settings), settings, random_seed=0)
