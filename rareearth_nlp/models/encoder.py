"""A fine-tuned encoder as a model family: rows into batches, batches through the network, scores in order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.batches import batches
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import sigmoid, softmax
from rareearth_nlp.models.engines import Engine, Precision, Runtime, load_engine
from rareearth_nlp.models.tokens import Row, Tokens, apart, pad

WINDOW = 16_384
"""Rows tokenized and sorted at a time, so that memory does not grow with the archive."""

READING_FILE = "reading.json"


class _Logits(NamedTuple):
    """Of a sentence: `[themes]`, `[targets, 3]`, and whether it was truncated."""

    themes: NDArray[np.float32]
    stances: NDArray[np.float32]
    truncated: bool


@dataclass(frozen=True)
class Reading:
    """How rows are made, and in what precision they are computed.

    Attributes:
        max_tokens: What the encoder reads.
        reads_context: Whether it was trained with what stands around sentences; otherwise contexts are not read.
        pairs: Whether a sentence is read anew with each target; else once for all of them.
        precision: Of the computation; it is part of what the tagger is, since it decides the scores.
    """

    max_tokens: int
    reads_context: bool
    pairs: bool = False
    precision: Precision = "fp32"


class EncoderClassifier:
    """An encoder with two heads, and what makes its rows.

    Args:
        engine: Computes the logits.
        tokens: Makes the rows.
        reading: How.
    """

    family = "encoder"

    def __init__(self, engine: Engine, tokens: Tokens, reading: Reading) -> None:
        self.engine = engine
        self.tokens = tokens
        self.reading = reading

    def score(
        self,
        sentences: Sequence[str],
        targets: Sequence[Sequence[str]],
        contexts: Sequence[str] | None = None,
        *,
        progress: bool = False,
    ) -> Scores:
        """Return the scores; a sentence with the same targets and context is computed once, however often it comes."""
        around = contexts if contexts is not None and self.reading.reads_context else [""] * len(sentences)
        asked = list(zip(sentences, map(tuple, targets), around, strict=True))
        places = {question: place for place, question in enumerate(dict.fromkeys(asked))}
        found: list[_Logits] = []
        questions = iter(places)
        with tqdm(total=len(places), unit="rows", disable=None if progress else True, leave=False) as bar:
            while window := list(islice(questions, WINDOW)):
                found += self._logits(self.tokens.rows(*zip(*window, strict=True)), bar)
        ordered = [found[places[question]] for question in asked]
        shape = (len(asked), self.engine.themes)
        nothing = np.zeros((0, len(STANCES)), dtype=np.float32)
        return Scores(
            themes=sigmoid(np.array([logits.themes for logits in ordered], dtype=np.float32).reshape(shape)),
            stances=softmax(np.concatenate([nothing, *(logits.stances for logits in ordered)])),
            truncated=np.array([logits.truncated for logits in ordered], dtype=np.bool_),
        )

    def rows(self, sentences: Sequence[str], targets: Sequence[Sequence[str]], contexts: Sequence[str]) -> list[Row]:
        """Return the rows that the engine gets, where pairs are read several for a sentence."""
        return [part for row in self.tokens.rows(sentences, targets, contexts) for part in self._parts(row)]

    def _parts(self, row: Row) -> list[Row]:
        return apart(row) if self.reading.pairs else [row]

    def _logits(self, rows: Sequence[Row], bar: tqdm[Any]) -> Iterator[_Logits]:
        parts = [part for row in rows for part in self._parts(row)]
        themes = np.zeros((len(parts), self.engine.themes), dtype=np.float32)
        stances: list[NDArray[np.float32]] = [np.zeros(0, dtype=np.float32)] * len(parts)
        for batch in batches([len(part) for part in parts]):
            themes[batch], of_targets = self.engine(pad([parts[index] for index in batch]))
            for index, found in zip(batch, of_targets, strict=True):
                stances[index] = found[: len(parts[index].targets)]
            bar.update(sum(not parts[index].paired for index in batch))
        place = 0
        for row in rows:
            after = place + (1 + len(row.targets) if self.reading.pairs else 1)
            yield _Logits(themes[place], np.concatenate(stances[place:after]), row.truncated)
            place = after

    def save(self, folder: Path) -> None:
        """Write what the engine is loaded from, the tokenizer, and how rows are made."""
        self.engine.save(folder)
        self.tokens.save(folder)
        (folder / READING_FILE).write_text(json.dumps(asdict(self.reading)), encoding="utf-8")

    @classmethod
    def load(
        cls, folder: Path, themes: int, runtime: Runtime = "auto", threads: int | None = None
    ) -> EncoderClassifier:
        """Return the classifier in the folder; `engines.load_engine` explains the last two arguments.

        Raises:
            ModelError: The weights do not fit, or the runtime is not to be had.
        """
        reading = Reading(**json.loads((folder / READING_FILE).read_text(encoding="utf-8")))
        engine = load_engine(folder, themes, reading.precision, runtime, threads)
        return cls(engine, Tokens.load(folder, reading.max_tokens), reading)
