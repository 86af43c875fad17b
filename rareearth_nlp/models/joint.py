"""The network: one encoder, a head for themes, a head for the stance toward each target; all in one pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from rareearth_nlp.errors import ModelError
from rareearth_nlp.labels import STANCES

WEIGHTS_FILE = "model.safetensors"


class JointEncoder(nn.Module):
    """An encoder that reads a sentence once, and any number of targets against it.

    The tokens of context and sentence attend to each other, those of a target to them and to their own. So the sentence
    is computed once, and neither themes nor a stance depend on which other targets are asked. What is not annotated is
    masked out of the loss.

    Attributes:
        first_position: From which on the encoder numbers its positions.
        stance_shift: Added to the stance logits except in the loss, `[3]`. Where pairs that take a side weigh more in
            training, it takes that back: the prior correction of King and Zeng, "Logistic Regression in Rare Events
            Data" (2001), as an offset of the intercept.
    """

    stance_shift: Tensor

    def __init__(self, encoder: nn.Module, themes: int) -> None:
        super().__init__()
        config: Any = encoder.config
        self.encoder = encoder
        self.dropout = nn.Dropout(getattr(config, "hidden_dropout_prob", 0.1))
        self.theme_head = nn.Linear(config.hidden_size, themes)
        self.stance_head = nn.Linear(2 * config.hidden_size, len(STANCES))
        self.register_buffer("stance_shift", torch.zeros(len(STANCES)))
        self._types = getattr(config, "type_vocab_size", 0)
        # the encoders that number their positions from behind the padding token
        padding = getattr(getattr(encoder, "embeddings", None), "padding_idx", None)
        self.first_position = 0 if padding is None else padding + 1

    def forward(
        self,
        input_ids: Tensor,
        token_type_ids: Tensor,
        position_ids: Tensor,
        target: Tensor,
        group: Tensor,
        pooled: Tensor,
        slots: Tensor,
        themes: Tensor | None = None,
        stance: Tensor | None = None,
        weights: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the logits of both heads, `[rows, themes]` and `[rows, targets, 3]`, and the loss if labels are given.

        Args:
            input_ids: `[rows, tokens]`, like the next five; `tokens.pad` gives them all.
            token_type_ids: 0 for what comes first, context or sentence, and 1 for what follows it.
            position_ids: From 0 on; every target begins where the sentence ends.
            target: The number of its target for a target's token, from 1 on.
            group: 0 for what all tokens of the row see, else the number of those that see it, below 0 for padding.
            pooled: 1 at the tokens whose mean stands for the sentence.
            slots: The numbers of the targets, `[rows, targets]`.
            themes: `[rows, themes]`, from 0 to 1, or NaN where not annotated.
            stance: `[rows, targets, 3]`, how much each stance is the right one, times what the pair counts in the loss,
                which is a mean over rows; 0 where not annotated.
            weights: `[rows]`, what the themes of each row count.
        """
        kinds = {"token_type_ids": token_type_ids} if self._types > 1 else {}
        states = self.encoder(
            input_ids=input_ids,
            position_ids=position_ids + self.first_position,
            attention_mask=_sees(group)[:, None],
            **kinds,
        ).last_hidden_state
        sentence = _means(states, pooled[:, :, None])
        targets = _means(states, target[:, :, None] == slots[:, None])
        read = torch.cat([targets, sentence.expand(-1, targets.shape[1], -1)], dim=-1)
        theme_logits = self.theme_head(self.dropout(sentence[:, 0]))
        stance_logits = self.stance_head(self.dropout(read))
        found = {"theme_logits": theme_logits, "stance_logits": stance_logits + self.stance_shift}
        if themes is None or stance is None or weights is None:
            return found
        losses = weights * _theme_losses(theme_logits, themes) + _stance_losses(stance_logits, stance)
        return {"loss": losses.mean()} | found

    def save(self, folder: Path) -> None:
        """Write the weights (safetensors) and the encoder's configuration."""
        config: Any = self.encoder.config
        save_file(self.state_dict(), folder / WEIGHTS_FILE)
        config.save_pretrained(folder)

    @classmethod
    def load(cls, folder: Path, themes: int) -> JointEncoder:
        """Return the network in the folder.

        Raises:
            ModelError: The weights do not fit the encoder's configuration or the number of themes.
        """
        from transformers import AutoConfig, AutoModel

        model = cls(AutoModel.from_config(AutoConfig.from_pretrained(folder, local_files_only=True)), themes)
        try:
            model.load_state_dict(load_file(folder / WEIGHTS_FILE))
        except RuntimeError as problem:
            why = str(problem).splitlines()[-1].strip()
            raise ModelError(
                f"{folder / WEIGHTS_FILE}: the weights do not fit ({why}); train the tagger again"
            ) from None
        return model.eval()


def _sees(group: Tensor) -> Tensor:
    """Return which token (second axis) attends to which (third axis), `[rows, tokens, tokens]`."""
    asks, tells = group[:, :, None], group[:, None, :]
    return (tells == 0) | (asks == tells)


def _means(states: Tensor, chosen: Tensor) -> Tensor:
    """Return the means of the chosen tokens' states, `[rows, choices, size]`, for choices `[rows, tokens, choices]`."""
    shares = chosen.to(states.dtype)
    shares = shares / shares.sum(dim=1, keepdim=True).clamp(min=1)
    return shares.transpose(1, 2) @ states


def _theme_losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of each row, `[rows]`, summed over its annotated themes."""
    losses = nn.functional.binary_cross_entropy_with_logits(logits, labels.nan_to_num(), reduction="none")
    return (losses * ~labels.isnan()).sum(dim=1)


def _stance_losses(logits: Tensor, shares: Tensor) -> Tensor:
    """Return the cross-entropy of each row, `[rows]`, summed over its pairs."""
    return -(shares * logits.log_softmax(dim=-1)).sum(dim=(1, 2))
