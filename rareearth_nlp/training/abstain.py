"""From which score on the tags of a label keep a promised precision."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.corpus.resampling import draws
from rareearth_nlp.evaluation.promises import GivenTags, given_tags
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import Promise, Thresholds

PRECISIONS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
"""What may be asked of a tagger."""

CONFIDENCE = 0.9
FIRST = 3
"""The first cut tags this many times as much as could pass if all of it were right and one cut were tried."""

STEP = 1.5
"""Each cut that is tried tags this many times as much as the one before."""


def promises(data: Labelled, scores: Scores, thresholds: Thresholds) -> tuple[Promise, ...]:
    """Return the cut of every label for each of `PRECISIONS`.

    Args:
        data: Annotated sentences.
        scores: Their calibrated scores, by models that did not see them.
        thresholds: No cut is below a label's threshold.
    """
    given = list(given_tags(data, scores, thresholds))
    return tuple(
        _promise(precision, {tags.label: (tags, certified_cut(tags, precision)) for tags in given})
        for precision in PRECISIONS
    )


def _promise(precision: float, found: Mapping[str, tuple[GivenTags, float | None]]) -> Promise:
    recall = {}
    for label, (tags, cut) in found.items():
        kept = 0 if cut is None else int(tags.right[tags.scores >= cut].sum())
        recall[label] = kept / tags.positives if tags.positives else 0.0
    return Promise(precision=precision, cuts={label: cut for label, (_, cut) in found.items()}, recall=recall)


def certified_cut(tags: GivenTags, precision: float) -> float | None:
    """Return the lowest score from which on tags are right as often as asked; None where none can be certified.

    A cut passes if the lower bound of its precision reaches what is asked, both by resampling writers, then documents,
    which are what is exchangeable, and by the binomial bound of Clopper and Pearson (1934), which a few tags that are
    all right do not deceive; it counts documents, by Kish's effective size, "Survey Sampling" (1965), and not tags. The
    doubt that `CONFIDENCE` leaves is shared among the cuts that are tried, from the highest down, and one that passes
    leaves its share to the next: Wiens, "A Fixed Sequence Bonferroni Procedure for Testing Multiple Endpoints" (2003).
    """
    order = np.argsort(-tags.scores, kind="stable")
    place, writers = tags.documents()
    times = draws(writers)
    counts = _counts(precision, len(order))
    passed, doubt = None, 0.0
    for count in counts:
        doubt += (1 - CONFIDENCE) / len(counts)
        lowest = float(tags.scores[order[count - 1]])
        given = tags.scores >= lowest
        if _bound(tags.right[given], place[given], times, doubt) >= precision:
            passed = lowest
        else:
            doubt = 0.0
    return passed


def _counts(precision: float, tags: int) -> list[int]:
    """Return how many tags each cut lets through.

    As many as the first could pass with some of them wrong if they all were of different documents; an earlier one
    would only use up doubt.
    """
    count = FIRST * int(np.ceil(np.log(1 - CONFIDENCE) / np.log(precision)))
    counts = []
    while count < tags:
        counts.append(count)
        count = int(np.ceil(count * STEP))
    return [*counts, tags] if counts else []


def _bound(right: NDArray[np.bool_], place: NDArray[np.int64], times: NDArray[np.int64], doubt: float) -> float:
    """Return what the precision of tags falls below with a probability of `doubt`, `place` being their documents."""
    documents = times.shape[1]
    hits = np.bincount(place, weights=right, minlength=documents)
    given = np.bincount(place, minlength=documents)
    drawn = times @ given
    resampled = (times @ hits)[drawn > 0] / drawn[drawn > 0]
    size = given.sum() ** 2 / (given**2).sum()
    sure = right.mean() * size
    binomial = beta.ppf(doubt, sure, size - sure + 1) if sure else 0.0
    return float(min(np.quantile(resampled, doubt), binomial))
