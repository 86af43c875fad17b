"""A promised precision is kept, and not promised where there is too little to go by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rareearth_nlp.corpus.dataset import Origin
from rareearth_nlp.evaluation.promises import GivenTags
from rareearth_nlp.training import abstain
from rareearth_nlp.training.abstain import certified_cut


def _tags(size: int, documents: int, random: np.random.Generator, spread: float = 0.0) -> GivenTags:
    """Return tags that are right as often as their score says, some documents easier than others by `spread`."""
    scores = random.uniform(0.4, 1, size).astype(np.float32)
    places = random.integers(0, documents, size)
    ease = random.uniform(-spread, spread, documents)[places]
    origins = [Origin(f"d{place}", f"w{place // 4}") for place in places]
    return GivenTags("water", random.random(size) < np.clip(scores + ease, 0, 1), scores, origins, 100)


@pytest.mark.parametrize("precision", [0.75, 0.85])
def test_the_promise_is_kept_in_nine_of_ten_corpora(precision: float) -> None:
    broken, given = 0, 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        cut = certified_cut(_tags(2000, 200, random, spread=0.1), precision)
        fresh = _tags(20_000, 4000, random, spread=0.1)
        if cut is not None:
            given += 1
            broken += fresh.right[fresh.scores >= cut].mean() < precision
    assert given > 40
    assert broken <= 0.15 * given


def test_more_is_given_where_less_is_promised() -> None:
    tags = _tags(3000, 200, np.random.default_rng(1))
    cuts = [certified_cut(tags, precision) for precision in (0.6, 0.7, 0.8, 0.9)]
    assert None not in cuts
    assert cuts == sorted(cuts, key=float)  # type: ignore[arg-type]
    assert cuts[0] < cuts[-1]  # type: ignore[operator]


def test_a_few_tags_prove_nothing_even_if_all_are_right() -> None:
    random = np.random.default_rng(0)
    right = _tags(30, 1000, random)
    certain = GivenTags("water", np.ones(30, bool), right.scores, right.origins, 100)
    assert certified_cut(certain, 0.95) is None
    assert certified_cut(certain, 0.6) is not None


def test_one_writer_that_goes_wrong_costs_tags() -> None:
    """A tenth of the tags is wrong, all by one writer: the next corpus may have more of his kind."""
    random = np.random.default_rng(0)
    scores = random.uniform(0.5, 1, 800).astype(np.float32)
    origins = [Origin(f"d{place % 200}", f"w{place % 10}") for place in range(800)]
    in_one = GivenTags("water", np.arange(800) % 10 > 0, scores, origins, 800)
    scattered = GivenTags("water", random.permutation(in_one.right), scores, origins, 800)
    high, low = (certified_cut(tags, 0.8) for tags in (in_one, scattered))
    assert low is not None
    assert high is None or high > low + 0.1


def test_one_document_proves_nothing_however_many_tags_it_has() -> None:
    scores = np.linspace(0.5, 1, 500).astype(np.float32)
    one, many = (
        GivenTags("water", np.ones(500, bool), scores, [Origin(f"d{place % size}", "w") for place in range(500)], 500)
        for size in (1, 100)
    )
    assert certified_cut(one, 0.9) is None
    assert certified_cut(many, 0.9) == 0.5


def test_no_tags() -> None:
    assert certified_cut(GivenTags("water", np.zeros(0, bool), np.zeros(0, np.float32), [], 100), 0.5) is None


def test_a_cut_that_passes_leaves_its_doubt_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    doubts: list[float] = []
    verdicts = iter([1.0, 1.0, 0.0, 0.0, 1.0])

    def bound(*values: Any) -> float:
        doubts.append(values[-1])
        return next(verdicts, 0.0)

    monkeypatch.setattr(abstain, "_bound", bound)
    tags = _tags(400, 100, np.random.default_rng(0))
    cut = certified_cut(tags, 0.7)
    share = doubts[0]
    assert np.array(doubts[:6]) / share == pytest.approx([1, 2, 3, 1, 1, 2])
    assert share * len(doubts) == pytest.approx(1 - abstain.CONFIDENCE)
    assert cut == np.sort(tags.scores)[-abstain._counts(0.7, 400)[4]]  # the last that passed, below two that did not
