from __future__ import annotations

import numpy as np

from rareearth_nlp.corpus.resampling import draws, interval, resample


def test_as_many_documents_are_drawn_of_a_writer_as_he_has() -> None:
    times = draws(["ann", "bo", "ann", "cy", "ann", "bo"], resamples=200)
    assert times.shape == (200, 6)
    ann, bo, cy = times[:, [0, 2, 4]].sum(1), times[:, [1, 5]].sum(1), times[:, 3]
    assert not (ann % 3).any()
    assert not (bo % 2).any()
    assert (ann // 3 + bo // 2 + cy == 3).all()
    assert (times[:, 0] != times[:, 2]).any()


def test_documents_of_one_hand_are_no_independent_evidence() -> None:
    """Ten bad documents by one writer of ten may all be absent, or be there three times."""
    counts = np.ones((100, 1))
    counts[:10] = 0
    writers = [f"w{number // 10}" for number in range(100)]
    narrow, wide = (interval(resample(counts, groups)[:, 0] / 100) for groups in (None, writers))
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])


def test_nothing_to_draw() -> None:
    assert draws([], resamples=3).shape == (3, 0)
    assert resample(np.zeros((0, 2))).shape == (1000, 2)
