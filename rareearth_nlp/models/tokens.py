"""From text to token rows: a sentence behind its context, and any number of targets that are read against it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rareearth_nlp.errors import ModelError

TOKENIZER_FILE = "tokenizer.json"

PADDING = -1
"""The group of tokens that are not there."""


@dataclass(frozen=True, slots=True)
class Row:
    """The tokens of a sentence and of the targets asked of it.

    Attributes:
        text: Context and sentence, with the special tokens.
        start: Where the sentence begins in `text`.
        targets: Each target, with the token that ends it.
        truncated: Whether the sentence or a target was cut.
        paired: Whether the sentence sees its target, which is then the only one.
    """

    text: list[int]
    start: int
    targets: list[list[int]]
    truncated: bool
    paired: bool = False

    def __len__(self) -> int:
        return len(self.text) + sum(map(len, self.targets))


class Tokens:
    """Makes token rows; threads may share one.

    Context and sentence get three quarters of what the model reads at most, each target the last quarter: all of them
    begin where the sentence ends. A context gives way to its sentence, loses its beginning, and gets a half at most.

    Args:
        tokenizer: Of the `tokenizers` library; padding and truncation that some bundles fix are undone.
        max_tokens: How many tokens the model reads.

    Raises:
        ModelError: The tokenizer marks neither beginning nor end.
    """

    def __init__(self, tokenizer: Tokenizer, max_tokens: int) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        special = tokenizer.encode("").ids
        if len(special) < 2:
            raise ModelError("the tokenizer puts no token before and after a text, as BERT's does; name other weights")
        self._first, self._last = special[0], special[-1]
        self.max_tokens = max_tokens

    @classmethod
    def load(cls, folder: Path, max_tokens: int) -> Tokens:
        """Return what makes the rows of the model in the folder."""
        return cls(Tokenizer.from_file(str(folder / TOKENIZER_FILE)), max_tokens)

    def save(self, folder: Path) -> None:
        """Write the tokenizer."""
        self._tokenizer.save(str(folder / TOKENIZER_FILE))

    def rows(
        self, sentences: Sequence[str], targets: Sequence[Sequence[str]], contexts: Sequence[str] | None = None
    ) -> list[Row]:
        """Return a row per sentence.

        Args:
            sentences: What is read for themes.
            targets: Those of each sentence.
            contexts: What stands before each sentence; "" where nothing does.
        """
        names = list(dict.fromkeys(chain.from_iterable(targets)))
        named = dict(zip(names, self._ids(names), strict=True))
        around = self._ids(contexts) if contexts else [[]] * len(sentences)
        return [
            self._row(text, context, [named[name] for name in asked])
            for text, context, asked in zip(self._ids(sentences), around, targets, strict=True)
        ]

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        return [found.ids for found in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def _row(self, sentence: list[int], context: list[int], targets: list[list[int]]) -> Row:
        quarter = self.max_tokens // 4
        room = self.max_tokens - quarter - 2
        kept = sentence[:room]
        before = min(len(context), 2 * quarter, room - len(kept) - 1)
        text, start = [self._first], 0
        if before > 0:
            text += [*context[-before:], self._last]
            start = len(text)
        ends = [[*target[: quarter - 1], self._last] for target in targets]
        cut = len(sentence) > room or any(len(target) >= quarter for target in targets)
        return Row([*text, *kept, self._last], start, ends, cut)


def apart(row: Row) -> list[Row]:
    """Return a sentence without targets, then paired with each of them."""
    pairs = (replace(row, targets=[target], paired=True) for target in row.targets)
    return [replace(row, targets=[]), *pairs]


def pad(rows: Sequence[Row]) -> dict[str, NDArray[np.int64]]:
    """Return the rows as the arrays that an encoder takes, padded to the longest of them.

    Returns:
        `input_ids`, `token_type_ids`, `position_ids`, `target` (1 at the first target, and so on, 0 before them),
        `group` (the same, but 0 where sentence and target are paired, and `PADDING` behind the end) and `pooled` (1 at
        the sentence), each `[rows, tokens]`; `slots`, the numbers of the targets, `[rows, targets]`.
    """
    shape = (len(rows), max(map(len, rows)))
    names = ("input_ids", "token_type_ids", "position_ids", "target", "group", "pooled")
    tokens = {name: np.zeros(shape, dtype=np.int64) for name in names}
    tokens["group"] += PADDING
    for place, row in enumerate(rows):
        size, end = len(row.text), len(row)
        lengths = [size, *map(len, row.targets)]
        tokens["input_ids"][place, :end] = [*row.text, *chain.from_iterable(row.targets)]
        tokens["token_type_ids"][place, row.start or size : end] = 1
        tokens["position_ids"][place, :end] = _positions(lengths)
        tokens["target"][place, :end] = np.repeat(np.arange(len(lengths)), lengths)
        tokens["group"][place, :end] = 0 if row.paired else tokens["target"][place, :end]
        tokens["pooled"][place, row.start : size] = 1
    most = max(len(row.targets) for row in rows)
    return tokens | {"slots": np.tile(np.arange(1, most + 1), (len(rows), 1))}


def _positions(lengths: Sequence[int]) -> list[int]:
    size, *targets = lengths
    ranges: Iterable[range] = (range(size), *(range(size, size + length) for length in targets))
    return list(chain.from_iterable(ranges))
