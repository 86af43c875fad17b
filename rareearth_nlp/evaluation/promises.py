"""Whether promises of precision are kept on text that nobody made them by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rareearth_nlp.corpus.dataset import Labelled, Origin
from rareearth_nlp.corpus.resampling import draws
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import SIDES, DecisionRule, Thresholds


@dataclass(frozen=True)
class GivenTags:
    """The tags of one label that reach its threshold.

    Attributes:
        label: A theme, or a side of stance.
        right: Whether each is right, `[tags]`.
        scores: `[tags]`.
        origins: Where its sentence comes from.
        positives: How many there would be to find.
    """

    label: str
    right: NDArray[np.bool_]
    scores: NDArray[np.float32]
    origins: Sequence[Origin]
    positives: int

    def documents(self) -> tuple[NDArray[np.int64], list[str]]:
        """Return the place of each tag's document among the documents, and the writer of each document."""
        writers = {origin.document: origin.writer for origin in self.origins}
        place = {document: number for number, document in enumerate(writers)}
        return np.array([place[origin.document] for origin in self.origins], dtype=np.int64), list(writers.values())


@dataclass(frozen=True)
class KeptPromise:
    """What became of a promise for one label.

    Attributes:
        promised: The precision.
        label: A theme, or a side of stance.
        tags: How many tags are given; None where nothing is certified, so that every tag is abstained from.
        precision: Share of them that is right; None without tags.
        unfamiliar: The same of writers that training does not have.
        recall: Share of the positive examples that is tagged.
        broken: Share of resamples of writers and documents in which the precision is below what is promised.
    """

    promised: float
    label: str
    tags: int | None
    precision: float | None
    unfamiliar: float | None
    recall: float
    broken: float | None


def kept_promises(rule: DecisionRule, data: Labelled, scores: Scores) -> list[KeptPromise]:
    """Return how every promise of a rule fares on annotated sentences.

    Args:
        rule: A tagger's.
        data: Annotated sentences that no promise was made by, such as validation.
        scores: Their calibrated scores, as `score_labelled` gives them.
    """
    given = list(given_tags(data, scores, rule.thresholds))
    return [_kept(promise.precision, tags, promise.cuts[tags.label]) for promise in rule.promises for tags in given]


def given_tags(data: Labelled, scores: Scores, thresholds: Thresholds) -> Iterator[GivenTags]:
    """Yield the tags of each theme and of each side of stance."""
    tagged = thresholds.tag_themes(scores.themes)
    for column, name in enumerate(thresholds.themes):
        chosen = np.flatnonzero(tagged[:, column] & data.themed)
        origins = [data.origins[row] for row in chosen]
        truth = data.themes[:, column] == 1
        yield GivenTags(name, truth[chosen], scores.themes[chosen, column], origins, int(truth.sum()))
    stances = thresholds.tag_stances(scores.stances)
    for place, side in enumerate(SIDES):
        pairs = np.flatnonzero(stances == place)
        origins = [data.origins[data.rows[pair]] for pair in pairs]
        truth = data.stances == place
        yield GivenTags(side, truth[pairs], scores.stances[pairs, place], origins, int(truth.sum()))


def _kept(promised: float, tags: GivenTags, cut: float | None) -> KeptPromise:
    if cut is None:
        return KeptPromise(promised, tags.label, None, None, None, 0.0, None)
    chosen = tags.scores >= cut
    right = tags.right[chosen]
    new = right[[origin.familiar is False for origin, use in zip(tags.origins, chosen, strict=True) if use]]
    return KeptPromise(
        promised=promised,
        label=tags.label,
        tags=len(right),
        precision=float(right.mean()) if len(right) else None,
        unfamiliar=float(new.mean()) if len(new) else None,
        recall=float(right.sum()) / tags.positives if tags.positives else 0.0,
        broken=_broken(promised, tags, chosen) if len(right) else None,
    )


def _broken(promised: float, tags: GivenTags, chosen: NDArray[np.bool_]) -> float:
    place, writers = tags.documents()
    hits, given = (
        np.bincount(place, weights=values, minlength=len(writers)) for values in (tags.right & chosen, chosen)
    )
    times = draws(writers)
    drawn = times @ given
    return float(((times @ hits)[drawn > 0] / drawn[drawn > 0] < promised).mean())
