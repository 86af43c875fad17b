"""A fine-tuned encoder as a model family: rows into batches, batches through the network, scores in order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.batches import batches
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.joint import JointEncoder
from rareearth_nlp.models.tokens import Tokens, pad

WINDOW = 16_384
"""Rows tokenized and sorted at a time, so that memory does not grow with the archive."""

SETTINGS_FILE = "reading.json"


class EncoderClassifier:
    """A fine-tuned `JointEncoder` with what makes its rows.

    Args:
        model: The encoder with its heads.
        tokens: Makes the rows.
        reads_context: Whether it was trained with what stands around sentences; otherwise contexts are not read.
    """

    family = "encoder"

    def __init__(self, model: JointEncoder, tokens: Tokens, *, reads_context: bool) -> None:
        self._model = model.eval()
        self._tokens = tokens
        self._reads_context = reads_context

    def score(
        self,
        sentences: Sequence[str],
        targets: Sequence[Sequence[str]],
        contexts: Sequence[str] | None = None,
        *,
        progress: bool = False,
    ) -> Scores:
        """Return the scores; a sentence is read once for its themes and all its targets, however often it comes."""
        around = contexts if contexts is not None and self._reads_context else [""] * len(sentences)
        asked = list(zip(sentences, map(tuple, targets), around, strict=True))
        places = {question: place for place, question in enumerate(dict.fromkeys(asked))}
        themes = np.zeros((len(places), self._model.theme_head.out_features), dtype=np.float32)
        stances: list[NDArray[np.float32]] = [np.zeros((0, len(STANCES)), dtype=np.float32)] * len(places)
        truncated = np.zeros(len(places), dtype=np.bool_)
        questions = iter(places)
        with tqdm(total=len(places), unit="rows", disable=None if progress else True, leave=False) as bar:
            for start in range(0, len(places), WINDOW):
                texts, names, before = zip(*islice(questions, WINDOW), strict=True)
                rows = self._tokens.rows(texts, names, before)
                truncated[start : start + len(rows)] = [row.truncated for row in rows]
                for batch in batches([len(row) for row in rows]):
                    theme_logits, stance_logits = run_torch(self._model, pad([rows[index] for index in batch]))
                    themes[[start + index for index in batch]] = theme_logits
                    for index, found in zip(batch, stance_logits, strict=True):
                        stances[start + index] = found[: len(rows[index].targets)]
                    bar.update(len(batch))
        order = [places[question] for question in asked]
        flat = np.concatenate([np.zeros((0, len(STANCES)), dtype=np.float32), *(stances[place] for place in order)])
        return Scores(_sigmoid(themes)[order], _softmax(flat), truncated[order])

    def save(self, folder: Path) -> None:
        """Write weights (safetensors), encoder configuration, tokenizer, and how rows are made."""
        self._model.save(folder)
        self._tokens.save(folder)
        settings = {"max_tokens": self._tokens.max_tokens, "reads_context": self._reads_context}
        (folder / SETTINGS_FILE).write_text(json.dumps(settings), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, themes: int) -> EncoderClassifier:
        """Return the classifier in the folder.

        Raises:
            ModelError: The weights do not fit the encoder's configuration or the number of themes.
        """
        settings = json.loads((folder / SETTINGS_FILE).read_text(encoding="utf-8"))
        model, tokens = JointEncoder.load(folder, themes), Tokens.load(folder, settings["max_tokens"])
        return cls(model, tokens, reads_context=settings["reads_context"])


@torch.inference_mode()
def run_torch(
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
