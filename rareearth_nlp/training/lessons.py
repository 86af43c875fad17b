"""What an encoder learns from: token rows with their labels, and what each of these counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from rareearth_nlp.config import EncoderConfig
from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.labels import STANCES
from rareearth_nlp.models.decisions import SIDES
from rareearth_nlp.models.tokens import Row, Tokens, apart, pad
from rareearth_nlp.training.distil import Taught


@dataclass(frozen=True, slots=True)
class Sample:
    """A row with its labels.

    Attributes:
        themes: `[themes]`, from 0 to 1, or NaN.
        stance: How much each stance toward each target is the right one, times what the pair counts; `[targets, 3]`.
        weight: What the themes count; 0 where none is annotated.
    """

    row: Row
    themes: NDArray[np.float32]
    stance: NDArray[np.float32]
    weight: float

    def __len__(self) -> int:
        return len(self.row)


def lessons(
    train: Labelled, taught: Taught | None, tokens: Tokens, settings: EncoderConfig, *, contexts: bool
) -> list[Sample]:
    """Return what is learnt in one epoch, from annotated sentences and from those that other taggers have scored."""
    rows = tokens.rows(train.texts, train.asked, train.contexts if contexts else None)
    stances = np.eye(len(STANCES), dtype=np.float32)[train.stances]
    samples = _samples(rows, train.themes, stances, train.weights, settings)
    if taught:
        other = taught.sentences
        rows = tokens.rows(other.texts, other.asked, other.contexts if contexts else None)
        ones = np.ones(len(rows), dtype=np.float32)
        samples += _samples(rows, taught.scores.themes, taught.scores.stances, ones, settings)
    return _evened(samples)


def _samples(
    rows: Sequence[Row],
    themes: NDArray[np.float32],
    stances: NDArray[np.float32],
    weights: NDArray[np.float32],
    settings: EncoderConfig,
) -> list[Sample]:
    """Return what is learnt from rows of which `stances` are of all pairs, one after the other, `[pairs, 3]`."""
    counts = np.array([settings.sided_weight if stance in SIDES else 1.0 for stance in STANCES], dtype=np.float32)
    cuts = np.cumsum([len(row.targets) for row in rows])[:-1]
    samples: list[Sample] = []
    for row, own, shares, weight in zip(rows, themes, np.split(stances, cuts), weights.tolist(), strict=True):
        whole = Sample(row, own, shares * counts * weight, 0.0 if np.isnan(own).all() else weight)
        samples += _apart(whole) if settings.pairs else [whole]
    return [sample for sample in samples if sample.weight or sample.stance.any()]  # else nothing to learn


def _apart(whole: Sample) -> Iterator[Sample]:
    """Yield the sample for its themes, then one for each of its pairs."""
    alone, *pairs = apart(whole.row)
    yield replace(whole, row=alone, stance=whole.stance[:0])
    unknown = np.full_like(whole.themes, np.nan)
    for place, row in enumerate(pairs):
        yield Sample(row, unknown, whole.stance[place : place + 1], 0.0)


def _evened(samples: list[Sample]) -> list[Sample]:
    """Return the samples with weights of which those of themes have a mean of 1, and those of a row's pairs a sum of 1.

    Both tasks then count alike in a mean over rows, whatever batch a row comes in.
    """
    themes = sum(sample.weight for sample in samples) / max(len(samples), 1) or 1.0
    pairs = sum(float(sample.stance.sum()) for sample in samples) / max(len(samples), 1) or 1.0
    return [replace(sample, weight=sample.weight / themes, stance=sample.stance / pairs) for sample in samples]


def collate(samples: Sequence[Sample]) -> dict[str, torch.Tensor]:
    """Return a batch as `JointEncoder.forward` takes it."""
    tokens = tensors([sample.row for sample in samples])
    stance = torch.zeros(*tokens["slots"].shape, len(STANCES))
    for place, sample in enumerate(samples):
        stance[place, : len(sample.stance)] = torch.from_numpy(sample.stance)
    themes = torch.from_numpy(np.stack([sample.themes for sample in samples]))
    weights = torch.tensor([sample.weight for sample in samples])
    return tokens | {"themes": themes, "stance": stance, "weights": weights}


def tensors(rows: Sequence[Row]) -> dict[str, torch.Tensor]:
    """Return the rows padded, as tensors."""
    return {name: torch.from_numpy(values) for name, values in pad(rows).items()}
