"""Fine-tunes an encoder for themes and stance together, with the transformers Trainer."""

from __future__ import annotations

import logging
import math
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader
from tqdm import tqdm
from transformers import (
    AutoModel,
    PreTrainedTokenizerFast,
    PrinterCallback,
    ProgressCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint

from rareearth_nlp.config import EncoderConfig
from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.encoder import IGNORED, EncoderClassifier, JointEncoder, encode, load_tokenizer, pad
from rareearth_nlp.models.weights import Weights
from rareearth_nlp.training.sampler import LengthBatches

_log = logging.getLogger(__name__)

LABELS = ("themes", "stance", "weights")
"""What a token row carries besides its tokens."""

MAX_PAUSES = 12
"""Evaluations and checkpoints per training at most."""

AfterEpoch = Callable[[int, EncoderClassifier, float, bool], None]
"""Called with the number of the epoch, the classifier as it stands, the mean loss, and whether training ends there."""


def finetune(
    train: Labelled,
    themes: int,
    weights: Weights,
    settings: EncoderConfig,
    *,
    random_seed: int,
    checkpoints: Path,
    after_epoch: AfterEpoch,
) -> EncoderClassifier:
    """Return an encoder fine-tuned on the annotated sentences.

    Every sentence is a row for its themes, and one more for each target toward which its stance is annotated. Where
    context is read, a random half of the rows comes with it in one epoch and the other half in the next: a sentence is
    also tagged alone.

    Args:
        train: The training split.
        themes: How many themes there are.
        weights: Where to start from.
        settings: The recipe.
        random_seed: Seeds the heads, the order of the rows and dropout.
        checkpoints: Receives a checkpoint per epoch. If it holds one of an interrupted run, training goes on from
            there; it is removed at the end.
        after_epoch: Called at the end of each epoch, or of some where there are more than `MAX_PAUSES`.
    """
    set_seed(random_seed)
    tokenizer = load_tokenizer(weights.folder)
    encoder = AutoModel.from_pretrained(weights.folder, dtype=torch.float32, local_files_only=True)
    model = JointEncoder(encoder, themes)
    reads_context = settings.context and any(train.contexts)
    classifier = EncoderClassifier(model, tokenizer, settings.max_tokens, reads_context=reads_context)
    pairs = _pairs(train, settings.neutral_ratio, random_seed)
    model.stance_shift.copy_(_prior_shift(train, pairs))
    rows = _rows(train, [""] * len(train.texts), pairs, tokenizer, settings.max_tokens)
    epoch = math.ceil(len(rows) / settings.batch_size)
    if reads_context:
        rows += _rows(train, train.contexts, pairs, tokenizer, settings.max_tokens)
    trainer = _LengthTrainer(
        model=model,
        twins=reads_context,
        args=_arguments(settings, epoch, random_seed, checkpoints),
        train_dataset=rows,
        data_collator=lambda rows: _collate(tokenizer, rows),
        optimizers=(_optimizer(model, settings), None),
        callbacks=[_Epochs(classifier, epoch, after_epoch)],
    )
    for noisy in (PrinterCallback, ProgressCallback):  # they print to standard output
        trainer.remove_callback(noisy)
    trainer.train(resume_from_checkpoint=_interrupted(checkpoints))
    shutil.rmtree(checkpoints, ignore_errors=True)
    return EncoderClassifier(model.cpu(), tokenizer, settings.max_tokens, reads_context=reads_context)


def _arguments(settings: EncoderConfig, epoch: int, random_seed: int, checkpoints: Path) -> TrainingArguments:
    """Return the Trainer's arguments; `epoch` is how many steps one takes."""
    steps = max(settings.epochs * epoch, settings.min_steps)
    steps = min(steps, settings.max_steps or steps)
    pause = min(
        steps, epoch * math.ceil(steps / epoch / MAX_PAUSES)
    )  # many short epochs share one evaluation and checkpoint
    return TrainingArguments(
        output_dir=str(checkpoints),
        max_steps=steps,
        per_device_train_batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        warmup_steps=settings.warmup,  # below 1 it is a share of the steps
        seed=random_seed,
        data_seed=random_seed,
        save_strategy="steps",
        save_steps=pause,
        save_total_limit=1,
        logging_strategy="steps",
        logging_steps=pause,
        report_to=[],
        bf16=settings.precision == "bf16" or (settings.precision == "auto" and _computes_bf16()),
        use_cpu=not torch.cuda.is_available(),
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        label_names=list(LABELS),
    )


def _computes_bf16() -> bool:
    """Tell whether the processor has bfloat16 products of its own; emulated ones are slower than fp32."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    abilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()  # older versions of torch do not say
    return bool(abilities.get("avx512_bf16") or abilities.get("amx_bf16"))


def _pairs(train: Labelled, neutral_ratio: float | None, random_seed: int) -> list[int]:
    """Return the pairs to learn stance from: every one that takes a side, and a draw of the neutral ones."""
    neutral = np.flatnonzero(train.stances == STANCES.index("neutral"))
    sided = np.flatnonzero(train.stances != STANCES.index("neutral"))
    if neutral_ratio is not None and len(sided):
        size = min(len(neutral), math.ceil(neutral_ratio * len(sided)))
        neutral = np.random.default_rng(random_seed).choice(neutral, size, replace=False)
    return sorted([*sided.tolist(), *neutral.tolist()])


def _prior_shift(train: Labelled, pairs: list[int]) -> torch.Tensor:
    """Return the log of how much rarer each stance is among `pairs` than in the corpus, `[3]`; see `stance_shift`."""
    counts = [np.bincount(labels, minlength=len(STANCES)) for labels in (train.stances, train.stances[pairs])]
    corpus, drawn = (torch.from_numpy(np.maximum(count, 1)) for count in counts)
    return torch.log(corpus / drawn).float()


def _rows(
    train: Labelled, contexts: Sequence[str], pairs: list[int], tokenizer: PreTrainedTokenizerFast, max_tokens: int
) -> list[dict[str, Any]]:
    """Return the token rows with both labels, each masked where the row does not have it, and their weights."""
    alone, _ = encode(tokenizer, [""] * len(train.texts), contexts, train.texts, max_tokens)
    targets = [train.targets[pair] for pair in pairs]
    texts, around = ([values[train.rows[pair]] for pair in pairs] for values in (train.texts, contexts))
    paired, _ = encode(tokenizer, targets, around, texts, max_tokens)
    unknown = [float("nan")] * train.themes.shape[1]
    for_themes = [
        row | {"themes": labels.tolist(), "stance": IGNORED, "weights": float(weight)}
        for row, labels, weight in zip(alone, train.themes, train.weights, strict=True)
        if not all(labels != labels)  # NaN differs from itself: nothing annotated, nothing to learn
    ]
    for_stance = [
        row
        | {
            "themes": unknown,
            "stance": int(train.stances[pair]),
            "weights": float(train.weights[train.rows[pair]]),
        }
        for row, pair in zip(paired, pairs, strict=True)
    ]
    return for_themes + for_stance


def _collate(tokenizer: PreTrainedTokenizerFast, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    tokens = pad(tokenizer, [{name: row[name] for name in row if name not in LABELS} for row in rows])
    themes, weights = (torch.tensor([row[name] for row in rows], dtype=torch.float32) for name in ("themes", "weights"))
    return tokens | {"themes": themes, "stance": torch.tensor([row["stance"] for row in rows]), "weights": weights}


def _optimizer(model: JointEncoder, settings: EncoderConfig) -> torch.optim.Optimizer:
    """Return AdamW with a rate of its own for the heads, and decay on matrices only."""
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        rate = settings.learning_rate if name.startswith("encoder.") else settings.head_learning_rate
        decay = settings.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": members, "lr": rate, "weight_decay": decay} for (rate, decay), members in groups.items()],
        fused=True,
    )


def _interrupted(checkpoints: Path) -> str | None:
    found = get_last_checkpoint(str(checkpoints)) if checkpoints.is_dir() else None
    if found:
        _log.warning("going on from %s, where this training was interrupted", found)
    return found


class _LengthTrainer(Trainer):  # type: ignore[misc]  # transformers is untyped
    def __init__(self, *, twins: bool, **rest: Any) -> None:
        super().__init__(**rest)
        self._twins = twins

    def get_train_dataloader(self) -> Any:
        lengths = [len(row["input_ids"]) for row in self.train_dataset]
        sampler = LengthBatches(lengths, self.args.train_batch_size, self.args.seed, twins=self._twins)
        loader = DataLoader(
            self.train_dataset, self.args.train_batch_size, sampler=sampler, collate_fn=self.data_collator
        )
        return self.accelerator.prepare(loader)


class _Epochs(TrainerCallback):  # type: ignore[misc]  # transformers is untyped
    """Shows the steps on standard error, and hands the classifier out after each epoch."""

    def __init__(self, classifier: EncoderClassifier, epoch: int, after_epoch: AfterEpoch) -> None:
        self._classifier = classifier
        self._epoch = epoch
        self._after_epoch = after_epoch
        self._bar: tqdm[Any] | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._bar = tqdm(total=state.max_steps, initial=state.global_step, unit="step", desc="training", disable=None)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self._bar is not None:
            self._bar.update(state.global_step - self._bar.n)

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, float], model: JointEncoder, **_: Any
    ) -> None:
        if "loss" in logs:
            model.eval()
            epoch, last = round(state.global_step / self._epoch), state.global_step >= state.max_steps
            self._after_epoch(epoch, self._classifier, logs["loss"], last)
            model.train()

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self._bar is not None:
            self._bar.close()
