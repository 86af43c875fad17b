"""A transformer encoder with two linear heads: themes of a sentence, stance of a sentence toward a target.

A target and what stands around the sentence are brought in as the first half of a text pair, the target's name first;
both heads read the mean of the sentence's token vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from tqdm import tqdm

from rareearth_nlp.errors import ModelError
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.batches import batches
from rareearth_nlp.models.contract import Scores

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedTokenizerFast

WINDOW = 16_384
"""Rows tokenized and sorted at a time, so that memory does not grow with the archive."""

IGNORED = -100
"""A stance label that is not annotated; a theme that is not annotated is NaN."""

WEIGHTS_FILE = "model.safetensors"

READS_CONTEXT = "reads_context"
"""Key in the encoder's configuration."""


class JointEncoder(nn.Module):
    """One encoder trained for themes and stance together; what is not annotated is masked out of the loss.

    Attributes:
        stance_shift: Added to the stance logits except in the loss, `[3]`. Where training sees a draw of the neutral
            pairs only, it gives them back their weight: the prior correction of King and Zeng, "Logistic Regression
            in Rare Events Data" (2001), as an offset of the intercept.
    """

    stance_shift: Tensor

    def __init__(self, encoder: nn.Module, themes: int) -> None:
        super().__init__()
        config: Any = encoder.config
        self.encoder = encoder
        self.dropout = nn.Dropout(getattr(config, "hidden_dropout_prob", 0.1))
        self.theme_head = nn.Linear(config.hidden_size, themes)
        self.stance_head = nn.Linear(config.hidden_size, len(STANCES))
        self.register_buffer("stance_shift", torch.zeros(len(STANCES)))

    def forward(
        self,
        themes: Tensor | None = None,
        stance: Tensor | None = None,
        weights: Tensor | None = None,
        *,
        pooled: Tensor,
        **tokens: Tensor,
    ) -> dict[str, Tensor]:
        """Return the logits of both heads, `[rows, themes]` and `[rows, 3]`, and the loss where labels are given.

        Args:
            themes: `[rows, themes]`, 1, 0, or NaN where not annotated.
            stance: `[rows]`, index into `STANCES`, or `IGNORED`.
            weights: `[rows]`, what each row counts in the loss; 1 where not given.
            pooled: `[rows, tokens]`, 1 at the tokens whose mean the heads read.
            tokens: What the tokenizer gives, `[rows, tokens]` each; `attention_mask` is 0 at padding.
        """
        states = self.encoder(**tokens).last_hidden_state
        mask = pooled.unsqueeze(-1).to(states.dtype)
        mean = self.dropout((states * mask).sum(1) / mask.sum(1).clamp(min=1))
        theme_logits, stance_logits = self.theme_head(mean), self.stance_head(mean)
        found = {"theme_logits": theme_logits, "stance_logits": stance_logits + self.stance_shift}
        if themes is None or stance is None:
            return found
        weights = torch.ones(len(stance), device=stance.device) if weights is None else weights
        # a mean over rows, not over tasks: a batch of like lengths may hold many rows of one task and few of the other
        losses = weights * (_theme_losses(theme_logits, themes) + _stance_losses(stance_logits, stance))
        labelled = weights * (~themes.isnan().all(dim=1) | (stance != IGNORED))
        return {"loss": losses.sum() / labelled.sum().clamp(min=1e-6)} | found


def _theme_losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of each row, `[rows]`, summed over its annotated themes."""
    losses = nn.functional.binary_cross_entropy_with_logits(logits, labels.nan_to_num(), reduction="none")
    return (losses * ~labels.isnan()).sum(dim=1)


def _stance_losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of each row, `[rows]`, 0 where stance is not annotated."""
    return nn.functional.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="none")


class EncoderClassifier:
    """A fine-tuned `JointEncoder` with its tokenizer.

    Args:
        model: The encoder with its heads.
        tokenizer: Its tokenizer.
        max_tokens: Longer input is truncated.
        reads_context: Whether it was trained with what stands around sentences; otherwise contexts are not read.
    """

    family = "encoder"

    def __init__(
        self, model: JointEncoder, tokenizer: PreTrainedTokenizerFast, max_tokens: int, *, reads_context: bool
    ) -> None:
        self._model = model.eval()
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens
        self._reads_context = reads_context
        self._tokenizing = Lock()  # a tokenizer keeps its truncation as state, and a service scores in several threads

    def score(
        self,
        sentences: Sequence[str],
        targets: Sequence[str],
        contexts: Sequence[str] | None = None,
        *,
        progress: bool = False,
    ) -> Scores:
        """Return the scores; each sentence is read once for its themes and once with each target."""
        around = [""] * len(sentences) if contexts is None or not self._reads_context else list(contexts)
        themes, truncated = self._logits([""] * len(sentences), around, sentences, "theme_logits", progress)
        shape = (len(sentences), len(targets))
        read, behind = ([value for value in values for _ in targets] for values in (sentences, around))
        stance, cut = self._logits(list(targets) * len(sentences), behind, read, "stance_logits", progress)
        return Scores(
            themes=themes.sigmoid().numpy(),
            stances=stance.softmax(-1).reshape(*shape, len(STANCES)).numpy(),
            truncated=truncated | cut.reshape(shape).any(axis=1),
        )

    @torch.inference_mode()
    def _logits(
        self, targets: Sequence[str], contexts: Sequence[str], sentences: Sequence[str], head: str, progress: bool
    ) -> tuple[Tensor, NDArray[np.bool_]]:
        """Return one head's logits in the order given, and which rows were truncated."""
        device = next(self._model.parameters()).device
        width = (self._model.theme_head if head == "theme_logits" else self._model.stance_head).out_features
        logits, truncated = torch.zeros(len(sentences), width), np.zeros(len(sentences), dtype=np.bool_)
        with tqdm(total=len(sentences), unit="rows", disable=None if progress else True, leave=False) as bar:
            for start in range(0, len(sentences), WINDOW):
                window = slice(start, start + WINDOW)
                parts = (targets[window], contexts[window], sentences[window])
                with self._tokenizing:
                    rows, truncated[window] = encode(self._tokenizer, *parts, self._max_tokens)
                for batch in batches([len(row["input_ids"]) for row in rows]):
                    tokens = pad(self._tokenizer, [rows[index] for index in batch])
                    output = self._model(**{name: values.to(device) for name, values in tokens.items()})
                    logits[[start + index for index in batch]] = output[head].float().cpu()
                    bar.update(len(batch))
        return logits, truncated

    def save(self, folder: Path) -> None:
        """Write weights (safetensors), encoder configuration and tokenizer."""
        save_file(self._model.state_dict(), folder / WEIGHTS_FILE)
        config: Any = self._model.encoder.config
        config.update({READS_CONTEXT: self._reads_context})
        config.save_pretrained(folder)
        self._tokenizer.model_max_length = self._max_tokens
        self._tokenizer.save_pretrained(folder)

    @classmethod
    def load(cls, folder: Path, themes: int) -> EncoderClassifier:
        """Return the classifier in the folder.

        Raises:
            ModelError: The weights do not fit the encoder's configuration or the number of themes.
        """
        from transformers import AutoConfig, AutoModel

        config: PretrainedConfig = AutoConfig.from_pretrained(folder, local_files_only=True)
        model = JointEncoder(AutoModel.from_config(config), themes)
        try:
            model.load_state_dict(load_file(folder / WEIGHTS_FILE))
        except RuntimeError as problem:
            why = str(problem).splitlines()[-1].strip()
            raise ModelError(
                f"{folder / WEIGHTS_FILE}: the weights do not fit ({why}); train the tagger again"
            ) from None
        tokenizer = load_tokenizer(folder)
        reads_context = bool(getattr(config, READS_CONTEXT, False))
        return cls(model, tokenizer, tokenizer.model_max_length, reads_context=reads_context)


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Return the tokenizer in the folder, without the fixed padding and truncation that some bundles carry."""
    from transformers import AutoTokenizer

    tokenizer: PreTrainedTokenizerFast = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.padding_side = "right"
    return tokenizer


def encode(
    tokenizer: PreTrainedTokenizerFast,
    targets: Sequence[str],
    contexts: Sequence[str],
    sentences: Sequence[str],
    max_tokens: int,
) -> tuple[list[dict[str, list[int]]], list[bool]]:
    """Return token rows, and which sentences were truncated.

    A row is a pair of segments: the target and the context, then the sentence; or the sentence alone where there is
    neither. `pooled` in it is 1 at the sentence's tokens. A long context loses its beginning, a long sentence its end;
    a target that fits into half of `max_tokens` is never cut.
    """
    ahead = _ahead(tokenizer, targets, contexts, max_tokens)
    rows: list[dict[str, list[int]]] = [{}] * len(sentences)
    truncated = [False] * len(sentences)
    for paired in (False, True):
        places = [place for place, before in enumerate(ahead) if bool(before) == paired]
        if not places:
            continue
        segments = [[sentences[place] for place in places]]
        if paired:
            segments.insert(0, [ahead[place] for place in places])
        found = tokenizer(*segments, truncation="longest_first", max_length=max_tokens)
        for index, (place, encoding) in enumerate(zip(places, found.encodings, strict=True)):
            rows[place] = {name: values[index] for name, values in found.items()}
            rows[place]["pooled"] = [int(segment == int(paired)) for segment in encoding.sequence_ids]
            truncated[place] = bool(encoding.overflowing)
    return rows, truncated


def _ahead(
    tokenizer: PreTrainedTokenizerFast, targets: Sequence[str], contexts: Sequence[str], max_tokens: int
) -> list[str]:
    """Return what is read before each sentence: the target, then a quarter of `max_tokens` of context at most."""
    if not any(contexts):
        return list(targets)
    limit = max_tokens // 4
    found = tokenizer(list(contexts), add_special_tokens=False, return_offsets_mapping=True)
    starts = [spans[-limit][0] if len(spans) > limit else 0 for spans in found["offset_mapping"]]
    around = [context[start:] for context, start in zip(contexts, starts, strict=True)]
    separator = f" {tokenizer.sep_token} "
    return [separator.join(part for part in parts if part) for parts in zip(targets, around, strict=True)]


def pad(tokenizer: PreTrainedTokenizerFast, rows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
    """Return the token rows as tensors, padded to the longest of them."""
    tokens = [{name: values for name, values in row.items() if name != "pooled"} for row in rows]
    padded = dict(tokenizer.pad(tokens, return_tensors="pt"))
    width = padded["input_ids"].shape[1]
    marks = [row["pooled"] + [0] * (width - len(row["pooled"])) for row in rows]
    return padded | {"pooled": torch.tensor(marks)}
