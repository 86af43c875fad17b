"""A fine-tuned encoder as a model family: rows into batches, batches through the network, scores in order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.batches import batches
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.joint import JointEncoder
from rareearth_nlp.models.tokens import Row, Tokens, apart, pad

WINDOW = 16_384
"""Rows tokenized and sorted at a time, so that memory does not grow with the archive."""

SETTINGS_FILE = "reading.json"


class _Logits(NamedTuple):
    """Of a sentence: `[themes]`, `[targets, 3]`, and whether it was truncated."""

    themes: NDArray[np.float32]
    stances: NDArray[np.float32]
    truncated: bool


class EncoderClassifier:
    """A fine-tuned `JointEncoder` with what makes its rows.

    Args:
        model: The encoder with its heads.
        tokens: Makes the rows.
        reads_context: Whether it was trained with what stands around sentences; otherwise contexts are not read.
        pairs: Whether a sentence is read anew with each target; else once for all of them.
    """

    family = "encoder"

    def __init__(self, model: JointEncoder, tokens: Tokens, *, reads_context: bool, pairs: bool = False) -> None:
        self._model = model.eval()
        self._tokens = tokens
        self._reads_context = reads_context
        self._pairs = pairs

    def score(
        self,
        sentences: Sequence[str],
        targets: Sequence[Sequence[str]],
        contexts: Sequence[str] | None = None,
        *,
        progress: bool = False,
    ) -> Scores:
        """Return the scores; a sentence with the same targets and context is computed once, however often it comes."""
        around = contexts if contexts is not None and self._reads_context else [""] * len(sentences)
        asked = list(zip(sentences, map(tuple, targets), around, strict=True))
        places = {question: place for place, question in enumerate(dict.fromkeys(asked))}
        found: list[_Logits] = []
        questions = iter(places)
        with tqdm(total=len(places), unit="rows", disable=None if progress else True, leave=False) as bar:
            while window := list(islice(questions, WINDOW)):
                found += self._logits(self._tokens.rows(*zip(*window, strict=True)), bar)
        ordered = [found[places[question]] for question in asked]
        shape = (len(asked), self._model.theme_head.out_features)
        nothing = np.zeros((0, len(STANCES)), dtype=np.float32)
        return Scores(
            themes=_sigmoid(np.array([logits.themes for logits in ordered], dtype=np.float32).reshape(shape)),
            stances=_softmax(np.concatenate([nothing, *(logits.stances for logits in ordered)])),
            truncated=np.array([logits.truncated for logits in ordered], dtype=np.bool_),
        )

    def _logits(self, rows: Sequence[Row], bar: tqdm[Any]) -> Iterator[_Logits]:
        parts = [part for row in rows for part in (apart(row) if self._pairs else [row])]
        themes = np.zeros((len(parts), self._model.theme_head.out_features), dtype=np.float32)
        stances: list[NDArray[np.float32]] = [np.zeros(0, dtype=np.float32)] * len(parts)
        for batch in batches([len(part) for part in parts]):
            themes[batch], of_targets = _run(self._model, pad([parts[index] for index in batch]))
            for index, found in zip(batch, of_targets, strict=True):
                stances[index] = found[: len(parts[index].targets)]
            bar.update(sum(not parts[index].paired for index in batch))
        place = 0
        for row in rows:
            after = place + (1 + len(row.targets) if self._pairs else 1)
            yield _Logits(themes[place], np.concatenate(stances[place:after]), row.truncated)
            place = after

    def save(self, folder: Path) -> None:
        """Write weights (safetensors), encoder configuration, tokenizer, and how rows are made."""
        self._model.save(folder)
        self._tokens.save(folder)
        settings = {"max_tokens": self._tokens.max_tokens, "reads_context": self._reads_context, "pairs": self._pairs}
        (folder / SETTINGS_FILE).write_text(json.dumps(settings), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, themes: int) -> EncoderClassifier:
        """Return the classifier in the folder.

        Raises:
            ModelError: The weights do not fit the encoder's configuration or the number of themes.
        """
        settings = json.loads((folder / SETTINGS_FILE).read_text(encoding="utf-8"))
        model, tokens = JointEncoder.load(folder, themes), Tokens.load(folder, settings["max_tokens"])
        return cls(model, tokens, reads_context=settings["reads_context"], pairs=settings["pairs"])


@torch.inference_mode()
def _run(
    model: JointEncoder, tokens: Mapping[str, NDArray[np.int64]]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the logits of both heads, wherever the model is."""
    device = next(model.parameters()).device
    found = model(**{name: torch.from_numpy(values).to(device) for name, values in tokens.items()})
    return found["theme_logits"].float().cpu().numpy(), found["stance_logits"].float().cpu().numpy()


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True), dtype=np.float32)
