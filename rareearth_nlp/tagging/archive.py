"""Scores of a large archive, kept as they come, so that an interrupted call goes on where it stood."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from tqdm import tqdm

from rareearth_nlp.models.contract import Scorer, Scores

PART = 2048
"""Sentences that are scored and kept at a time: some seconds of two cores."""


def score_in_parts(
    scorer: Scorer,
    name: str,
    sentences: Sequence[str],
    targets: Sequence[Sequence[str]],
    contexts: Sequence[str],
    folder: Path,
) -> Scores:
    """Return the scores, with a bar on standard error; what is in the folder is not computed again.

    Args:
        scorer: What gives the scores.
        name: Tells it from every other.
        sentences: What to score.
        targets: Those of each sentence.
        contexts: What stands before each.
        folder: Receives a file for each part, found again by its content; nothing if there is but one.
    """
    if len(sentences) <= PART:
        return scorer.score(sentences, targets, contexts, progress=True)
    made_by = f"{name}, {version('rareearth_nlp')}"
    found: list[Scores] = []
    with tqdm(total=len(sentences), unit="sentences", disable=None, leave=False) as bar:
        for start in range(0, len(sentences), PART):
            part = slice(start, start + PART)
            content = (sentences[part], targets[part], contexts[part])
            file = folder / f"{_digest(made_by, *content)}.npz"
            found.append(Scores.kept(file, partial(scorer.score, *content)))
            bar.update(len(sentences[part]))
    return Scores(
        themes=np.concatenate([part.themes for part in found]),
        stances=np.concatenate([part.stances for part in found]),
        truncated=np.concatenate([part.truncated for part in found]),
    )


def _digest(*content: str | Sequence[str] | Sequence[Sequence[str]]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
