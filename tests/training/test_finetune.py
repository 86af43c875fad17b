"""What an encoder learns stance from, and how the draw is made good."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import new_labelled

from rareearth_nlp.config import EncoderConfig
from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.models.weights import find_weights
from rareearth_nlp.training.finetune import _pairs, _prior_shift, finetune
from rareearth_nlp.training.sampler import LengthBatches

STANCES = [0] * 3 + [1] * 7 + [2] * 90


@pytest.fixture
def train() -> Labelled:
    return new_labelled(np.zeros((len(STANCES), 1)), STANCES)


@pytest.mark.parametrize(("ratio", "neutral"), [(1.0, 10), (2.5, 25), (50.0, 90), (None, 90)])
def test_sides_are_all_kept_and_neutral_is_drawn(train: Labelled, ratio: float | None, neutral: int) -> None:
    pairs = _pairs(train, ratio, random_seed=0)
    assert np.bincount(train.stances[pairs]).tolist() == [3, 7, neutral]
    assert pairs == sorted(set(pairs))
    assert pairs == _pairs(train, ratio, random_seed=0)


def test_the_shift_restores_the_shares_of_the_corpus(train: Labelled) -> None:
    shift = _prior_shift(train, _pairs(train, 1.0, random_seed=0))
    assert shift.tolist() == pytest.approx([0, 0, math.log(9)])
    assert _prior_shift(train, _pairs(train, None, random_seed=0)).tolist() == [0, 0, 0]


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


def test_context_that_no_training_row_had_is_not_read(toy_weights: Path, tmp_path: Path) -> None:
    train = new_labelled([[1, 0], [0, 1]] * 4, [0, 1, 2])
    settings = EncoderConfig(family="encoder", weights=str(toy_weights), max_tokens=64, epochs=1, min_steps=1)
    alone, around = (
        finetune(
            replace(train, contexts=[context] * 8),
            2,
            find_weights(settings),
            settings,
            random_seed=0,
            checkpoints=tmp_path,
            after_epoch=lambda *_: None,
        )
        for context in ("", "Water fell.")
    )
    for classifier, reads in ((alone, False), (around, True)):
        plain, other = (classifier.score(["It ran."], [], [context]).themes for context in ("", "The mine grew."))
        assert np.allclose(plain, other, atol=1e-6) != reads
