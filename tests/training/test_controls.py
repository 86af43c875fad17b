"""What any tagger should beat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import new_labelled

from rareearth_nlp.corpus.dataset import Labelled, Origin
from rareearth_nlp.labels import LabelSchema
from rareearth_nlp.training.controls import THRESHOLD, evaluate_controls

RANDOM = np.random.default_rng(3)
SIZE = 48


@pytest.fixture(scope="module")
def data() -> Labelled:
    """Sentences of four writers toward two targets."""
    plain = new_labelled(RANDOM.integers(0, 2, (SIZE, 2)), RANDOM.integers(0, 3, SIZE))
    origins = [Origin(f"d{row // 6}", f"w{row // 12}") for row in range(SIZE)]
    return replace(plain, origins=origins, targets=["the mine", "the union"] * (SIZE // 2))


def test_controls_know_what_they_may(data: Labelled, schema: LabelSchema) -> None:
    found = evaluate_controls(data, data, schema, random_seed=0)
    assert list(found) == ["majority", "TF-IDF", "TF-IDF, target-blind"]
    assert len({tuple(row) for row in found["majority"].stance_scores.tolist()}) == 1
    assert found["majority"].stance.labels["favor"].f1 in (0, found["majority"].stance.labels["favor"].always_f1)
    texts = replace(data, texts=["the same words"] * SIZE)
    blind, sighted = (evaluate_controls(data, texts, schema, 0)[name] for name in ("TF-IDF, target-blind", "TF-IDF"))
    assert len({tuple(row) for row in blind.stance_scores.tolist()}) == 1
    assert len({tuple(row) for row in sighted.stance_scores.tolist()}) == 2


def test_thresholds_are_chosen_on_writers_held_out(data: Labelled, schema: LabelSchema) -> None:
    found = evaluate_controls(data, data, schema, random_seed=0)
    assert found["TF-IDF"].thresholds.favor not in (None, THRESHOLD)
    one_writer = replace(data, origins=[Origin("d", "w")] * SIZE)
    assert evaluate_controls(one_writer, data, schema, 0)["TF-IDF"].thresholds.themes["water"] == THRESHOLD
