"""The decisions that a tagger got most wrong, to be read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rareearth_nlp.evaluation.evaluate import Evaluation
from rareearth_nlp.labels import STANCES


@dataclass(frozen=True)
class WrongTag:
    """A decision about one label of one sentence.

    Attributes:
        label: The theme; of stance, the target.
        annotated: What the annotation says.
        tagged: What the tagger says.
        score: What the tagger gives to what is annotated.
    """

    document: str
    text: str
    task: str
    label: str
    annotated: str
    tagged: str
    score: float


def worst_mistakes(evaluation: Evaluation, count: int = 50) -> list[WrongTag]:
    """Return the wrong decisions whose annotation got the lowest scores, the worst first."""
    wrong = [*_wrong_themes(evaluation), *_wrong_stances(evaluation)]
    return sorted(wrong, key=lambda error: error.score)[:count]


def _wrong_themes(evaluation: Evaluation) -> list[WrongTag]:
    data, scores = evaluation.data, evaluation.theme_scores
    found = []
    for column, (name, cut) in enumerate(evaluation.thresholds.themes.items()):
        truth, tagged = data.themes[:, column] == 1, scores[:, column] >= cut
        for row in np.flatnonzero(data.themed & (truth != tagged)):
            score = float(scores[row, column] if truth[row] else 1 - scores[row, column])
            words = ("yes", "no") if truth[row] else ("no", "yes")
            found.append(WrongTag(data.origins[row].document, data.texts[row], "theme", name, *words, score))
    return found


def _wrong_stances(evaluation: Evaluation) -> list[WrongTag]:
    data, scores = evaluation.data, evaluation.stance_scores
    tagged = evaluation.thresholds.tag_stances(scores)
    found = []
    for pair in np.flatnonzero(tagged != data.stances):
        row, truth = data.rows[pair], data.stances[pair]
        words = (STANCES[truth], STANCES[tagged[pair]])
        place = (data.origins[row].document, data.texts[row], "stance", data.targets[pair])
        found.append(WrongTag(*place, *words, float(scores[pair, truth])))
    return found
