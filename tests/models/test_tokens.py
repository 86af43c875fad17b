"""Token rows: what is cut, where a target stands, tokenizers that come with padding."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing

from rareearth_nlp.errors import ModelError
from rareearth_nlp.models.tokens import PADDING, TOKENIZER_FILE, Row, Tokens, apart, pad

CLS, SEP = 2, 3


@pytest.fixture
def tokens(toy_weights: Path) -> Tokens:
    return Tokens.load(toy_weights, 64)


@pytest.fixture
def ids(toy_weights: Path) -> Tokenizer:
    return Tokenizer.from_file(str(toy_weights / TOKENIZER_FILE))


def _ids(tokenizer: Tokenizer, text: str) -> list[int]:
    tokenizer.no_padding()
    found: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return found


def test_a_row_is_context_sentence_and_targets(tokens: Tokens, ids: Tokenizer) -> None:
    row, bare = tokens.rows(["The union won."] * 2, [["the mine", "water"], []], ["A strike.", ""])
    context, sentence = _ids(ids, "A strike."), _ids(ids, "The union won.")
    assert row.text == [CLS, *context, SEP, *sentence, SEP]
    assert row.text[row.start :] == [*sentence, SEP]
    assert row.targets == [[*_ids(ids, "the mine"), SEP], [*_ids(ids, "water"), SEP]]
    assert len(row) == len(row.text) + sum(map(len, row.targets))
    assert (bare.text, bare.start, bare.targets) == ([CLS, *sentence, SEP], 0, [])


def test_a_context_gives_way_and_loses_its_beginning(tokens: Tokens, ids: Tokenizer) -> None:
    short, long = tokens.rows(["It ran.", "water " * 46], [[], []], ["jobs " * 50 + "a strike"] * 2)
    assert short.start == 1 + 32 + 1
    assert short.text[: short.start - 1][-2:] == _ids(ids, "a strike")[-2:]
    assert long.start == 0
    assert len(long.text) == 48
    assert not long.truncated


def test_a_sentence_loses_its_end_and_a_target_too(tokens: Tokens) -> None:
    whole, sentence, target = tokens.rows(
        ["It ran.", "water " * 100, "It ran."], [["the mine"], [], ["mine " * 40]], ["Water fell."] * 3
    )
    assert [row.truncated for row in (whole, sentence, target)] == [False, True, True]
    assert len(sentence.text) == 48
    assert len(target.targets[0]) == 16
    assert max(pad([sentence, target])["position_ids"].ravel()) < 64


def test_arrays_say_what_belongs_together() -> None:
    rows = [Row([2, 7, 3, 8, 3], 3, [[9, 3], [10, 11, 3]], truncated=False), Row([2, 8, 3], 0, [], truncated=False)]
    found = pad(rows)
    assert found["input_ids"].tolist() == [[2, 7, 3, 8, 3, 9, 3, 10, 11, 3], [2, 8, 3, *[0] * 7]]
    assert found["token_type_ids"].tolist() == [[0, 0, 0, *[1] * 7], [0] * 10]
    assert found["position_ids"].tolist() == [[0, 1, 2, 3, 4, 5, 6, 5, 6, 7], [0, 1, 2, *[0] * 7]]
    assert found["target"].tolist() == [[0] * 5 + [1] * 2 + [2] * 3, [0] * 10]
    assert found["group"].tolist() == [[0] * 5 + [1] * 2 + [2] * 3, [0] * 3 + [PADDING] * 7]
    assert found["pooled"].tolist() == [[0, 0, 0, 1, 1, *[0] * 5], [1, 1, 1, *[0] * 7]]
    assert found["slots"].tolist() == [[1, 2], [1, 2]]


def test_a_pair_is_a_row_whose_sentence_sees_its_target() -> None:
    alone, first, second = apart(Row([2, 8, 3], 0, [[9, 3], [10, 11, 3]], truncated=False))
    assert (alone.targets, first.targets, second.targets) == ([], [[9, 3]], [[10, 11, 3]])
    found = pad([alone, first, second])
    assert found["target"].tolist() == [[0] * 6, [0, 0, 0, 1, 1, 0], [0, 0, 0, 1, 1, 1]]
    assert found["group"].tolist() == [[0] * 3 + [PADDING] * 3, [0] * 5 + [PADDING], [0] * 6]
    assert found["slots"].tolist() == [[1]] * 3


def test_fixed_padding_of_the_bundle_is_undone(tokens: Tokens) -> None:
    assert len(tokens.rows(["The union won."], [[]])[0]) < 20


def test_a_tokenizer_without_ends_is_refused(ids: Tokenizer) -> None:
    ids.no_padding()
    ids.post_processor = TemplateProcessing(single="$A", pair="$A $B", special_tokens=[])
    with pytest.raises(ModelError, match="puts no token before and after a text"):
        Tokens(ids, 64)


def test_threads_share_one(tokens: Tokens) -> None:
    jobs = [["water " * 400] * 4, ["The union won."] * 4] * 8
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda job: tokens.rows(job, [[]] * 4), jobs))
    assert [rows[0].truncated for rows in found] == [True, False] * 8
