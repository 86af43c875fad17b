"""Fine-tunes an encoder for themes and stance together, with the transformers Trainer."""

from __future__ import annotations

import logging
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file
from torch.utils.data import DataLoader
from tqdm import tqdm
from transformers import (
    AutoConfig,
    AutoModel,
    PreTrainedModel,
    PrinterCallback,
    ProgressCallback,
    Trainer,
    TrainerCallback,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import get_last_checkpoint
from transformers.utils import SAFE_WEIGHTS_NAME

from rareearth_nlp.config import EncoderConfig
from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.errors import ModelError
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.encoder import EncoderClassifier, Reading
from rareearth_nlp.models.engines import TorchEngine
from rareearth_nlp.models.joint import JointEncoder
from rareearth_nlp.models.tokens import Row, Tokens
from rareearth_nlp.models.weights import Weights
from rareearth_nlp.training.distil import Taught
from rareearth_nlp.training.lessons import collate, lessons, tensors
from rareearth_nlp.training.sampler import LengthBatches

_log = logging.getLogger(__name__)

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
    checkpoints: Path | None = None,
    after_epoch: AfterEpoch = lambda *_: None,
    taught: Taught | None = None,
) -> EncoderClassifier:
    """Return an encoder fine-tuned on the annotated sentences.

    Every sentence is a row, with its themes and all the targets toward which its stance is annotated; where pairs are
    read, it is one for its themes, and one more for each of its targets. Where context is read, a random half of the
    rows comes with it in one epoch and the other half in the next: a sentence is also tagged alone.

    Args:
        train: The training split.
        themes: How many themes there are.
        weights: Where to start from.
        settings: The recipe.
        random_seed: Seeds the heads, the order of the rows and dropout.
        checkpoints: Receives a checkpoint where `after_epoch` is called. If it holds one of an interrupted run,
            training goes on from there; one of a finished run is taken as it is. Its caller removes it. None keeps
            nothing.
        after_epoch: Called at the end of each epoch, or of some where there are more than `MAX_PAUSES`.
        taught: What other taggers say of sentences without labels, which count as much as annotated ones.
    """
    set_seed(random_seed)
    model = JointEncoder(load_encoder(weights, settings.max_tokens), themes)
    tokens = Tokens.load(weights.folder, settings.max_tokens)
    model.stance_shift[STANCES.index("neutral")] = math.log(settings.sided_weight)
    reads_context = settings.context and any(train.contexts)
    reading = Reading(settings.max_tokens, reads_context, settings.pairs)
    classifier = EncoderClassifier(TorchEngine(model), tokens, reading)
    samples = lessons(train, taught, tokens, settings, contexts=False)
    epoch = math.ceil(len(samples) / settings.batch_size)
    if reads_context:
        samples += lessons(train, taught, tokens, settings, contexts=True)
    with TemporaryDirectory() as passing:
        folder = checkpoints or Path(passing)
        trainer = _LengthTrainer(
            model=model,
            twins=reads_context,
            args=_arguments(settings, epoch, random_seed, folder),
            train_dataset=samples,
            data_collator=collate,
            optimizers=(_optimizer(model, settings), None),
            callbacks=[_Epochs(classifier, epoch, after_epoch)],
        )
        for noisy in (PrinterCallback, ProgressCallback):  # they print to standard output
            trainer.remove_callback(noisy)
        _learn(trainer, folder)
    trainer.accelerator.unwrap_model(model, keep_fp32_wrapper=False)  # taggers compute in fp32, whatever training did
    model.cpu().eval()
    return classifier


def load_encoder(weights: Weights, max_tokens: int) -> PreTrainedModel:
    """Return the encoder to start from.

    Its attention has no dropout: that would cost a sixth of the time, since the fused kernel has none.

    Raises:
        ModelError: It reads fewer tokens, or heeds no positions or no mask, which one pass for several targets needs.
    """
    config = AutoConfig.from_pretrained(weights.folder, local_files_only=True)
    for name in ("attention_probs_dropout_prob", "attention_dropout"):
        if hasattr(config, name):
            setattr(config, name, 0.0)
    encoder: PreTrainedModel = AutoModel.from_pretrained(
        weights.folder, config=config, dtype=torch.float32, local_files_only=True
    )
    model = JointEncoder(encoder, 1)
    reads = getattr(config, "max_position_embeddings", max_tokens + model.first_position) - model.first_position
    if reads < max_tokens:
        raise ModelError(f"model.max_tokens={max_tokens}: {weights.name} reads {reads} at most; set no more")
    if not _keeps_apart(model):
        raise ModelError(
            f"model.weights={weights.name}: expected an encoder that heeds positions and masks as BERT, RoBERTa or "
            f"ModernBERT do, got one of type {config.model_type}; name another"
        )
    return encoder


@torch.inference_mode()
def _keeps_apart(model: JointEncoder) -> bool:
    """Tell whether a sentence stays the same when targets are read against it, and a target behind another one."""
    model.eval()
    text, targets = [1, 2, 3], ([4, 5], [6, 5])
    rows = [Row(text, 0, asked, truncated=False) for asked in ([], [targets[1]], [*targets])]
    try:
        alone, one, two = (model(**tensors([row])) for row in rows)
    except (RuntimeError, TypeError, ValueError):
        return False
    same = torch.allclose(alone["theme_logits"], two["theme_logits"], atol=1e-4)
    return same and torch.allclose(one["stance_logits"][:, 0], two["stance_logits"][:, 1], atol=1e-4)


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
        label_names=["themes", "stance"],
    )


def _computes_bf16() -> bool:
    """Tell whether the processor has bfloat16 products of its own; emulated ones are slower than fp32."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    abilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()  # older versions of torch do not say
    return bool(abilities.get("avx512_bf16") or abilities.get("amx_bf16"))


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


def _learn(trainer: Trainer, checkpoints: Path) -> None:
    """Train to the end, from the last whole checkpoint where there is one."""
    found = _last_whole(checkpoints)
    if found is None:
        trainer.train()
        return
    _log.warning("going on from %s, where this training was interrupted", found)
    if TrainerState.load_from_json(str(found / TRAINER_STATE_NAME)).global_step < trainer.args.max_steps:
        trainer.train(resume_from_checkpoint=str(found))
    else:
        trainer.model.load_state_dict(load_file(found / SAFE_WEIGHTS_NAME))


def _last_whole(checkpoints: Path) -> Path | None:
    """Return the last checkpoint, once those are removed that were being written when the run was killed."""
    for folder in checkpoints.glob("checkpoint-*"):
        if not (folder / TRAINER_STATE_NAME).is_file():  # what the Trainer writes last
            shutil.rmtree(folder)
    found = get_last_checkpoint(str(checkpoints)) if checkpoints.is_dir() else None
    return Path(found) if found else None


class _LengthTrainer(Trainer):  # type: ignore[misc]  # transformers is untyped
    def __init__(self, *, twins: bool, **rest: Any) -> None:
        super().__init__(**rest)
        self._twins = twins

    def get_train_dataloader(self) -> Any:
        lengths = [len(sample) for sample in self.train_dataset]
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
        if state.global_step >= state.max_steps:
            control.should_log = True  # also where the last steps are no whole epoch

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
