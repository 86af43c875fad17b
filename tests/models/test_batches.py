"""Batches under a token budget."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rareearth_nlp.models.batches import MAX_ROWS, MAX_TOKENS, batches


@given(st.lists(st.integers(1, 20_000), max_size=600))
def test_every_row_once_and_within_the_budget(lengths: list[int]) -> None:
    found = list(batches(lengths))
    assert sorted(index for batch in found for index in batch) == list(range(len(lengths)))
    for batch in found:
        padded = max(lengths[index] for index in batch) * len(batch)
        assert len(batch) == 1 or (padded <= MAX_TOKENS and len(batch) <= MAX_ROWS)


def test_rows_of_like_length_go_together() -> None:
    assert list(batches([MAX_TOKENS // 2, 3, MAX_TOKENS // 2, 3])) == [[0, 2], [1, 3]]
