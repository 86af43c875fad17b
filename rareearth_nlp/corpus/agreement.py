"""How far independent readers agree: per theme and per target, with intervals over documents."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rareearth_nlp.corpus.annotations import Annotation
from rareearth_nlp.corpus.resampling import interval, resample, sum_by_group
from rareearth_nlp.documents import Example
from rareearth_nlp.labels import STANCES, LabelSchema

OTHER_TARGETS = "other targets"
LABELS_READER = "the corpus' labels"
"""The name under which settled labels stand in for a reader."""


class Pair(NamedTuple):
    """Two readers' labels for one question about one sentence."""

    example: Example
    first: str
    second: str


@dataclass(frozen=True)
class Agreement:
    """Agreement on one theme, or on the stance toward one target.

    Attributes:
        pairs: The sentences read twice, with both labels.
        kappa: Cohen's kappa ("A coefficient of agreement for nominal scales", 1960); NaN where both readers gave one
            and the same label throughout.
        alpha: Krippendorff's alpha for nominal data ("Computing Krippendorff's Alpha-Reliability", 2011); NaN likewise.
        kappa_interval: 95% bootstrap interval; whole documents are resampled.
        alpha_interval: Likewise.
    """

    name: str
    pairs: tuple[Pair, ...]
    kappa: float
    alpha: float
    kappa_interval: tuple[float, float]
    alpha_interval: tuple[float, float]

    @property
    def disagreements(self) -> tuple[Pair, ...]:
        """The pairs whose labels differ."""
        return tuple(pair for pair in self.pairs if pair.first != pair.second)


def agreements(readings: Iterable[tuple[Example, Annotation, Annotation]], schema: LabelSchema) -> list[Agreement]:
    """Return the agreement on every theme, every standing target, and all other targets together."""
    pairs: dict[str, list[Pair]] = defaultdict(list)
    standing = {target.name: target.id for target in schema.targets if target.standing}
    for example, first, second in readings:
        if first.themes is not None and second.themes is not None:
            both = (first.themes, second.themes)
            for theme in schema.theme_names:
                pairs[theme].append(Pair(example, *("yes" if theme in themes else "no" for themes in both)))
        answers = [{schema.resolve(target): label for target, label in read.stance.items()} for read in (first, second)]
        for target in answers[0].keys() & answers[1].keys():
            pairs[standing.get(target, OTHER_TARGETS)].append(Pair(example, *(found[target] for found in answers)))
    order = [*schema.theme_names, *sorted(standing.values()), OTHER_TARGETS]
    return [
        _agreement(name, pairs[name], ("yes", "no") if name in schema.theme_names else STANCES)
        for name in order
        if pairs[name]
    ]


def read_twice(
    annotations: Iterable[Annotation], examples: Sequence[Example]
) -> list[tuple[Example, Annotation, Annotation]]:
    """Return the examples that the same two readers read, with their answers: the two who share most sentences."""
    by_sentence: dict[str, dict[str, Annotation]] = defaultdict(dict)
    for annotation in annotations:
        by_sentence[annotation.id][annotation.annotator] = annotation
    known = [by_sentence[example.id] for example in examples if example.id in by_sentence]
    shared = Counter(pair for readings in known for pair in combinations(sorted(readings), 2))
    if not shared:
        return []
    (first, second), _ = shared.most_common(1)[0]
    read = [(example, by_sentence.get(example.id, {})) for example in examples]
    return [(example, found[first], found[second]) for example, found in read if {first, second} <= found.keys()]


def beside_labels(
    annotations: Iterable[Annotation], examples: Sequence[Example], annotator: str
) -> list[tuple[Example, Annotation, Annotation]]:
    """Return the examples that one reader read, with the corpus' own labels beside the answers."""
    answers = {annotation.id: annotation for annotation in annotations if annotation.annotator == annotator}
    return [
        (
            example,
            answers[example.id],
            Annotation.model_validate(
                {"id": example.id, "annotator": LABELS_READER, "themes": example.themes, "stance": dict(example.stance)}
            ),
        )
        for example in examples
        if example.id in answers
    ]


def _agreement(name: str, pairs: Sequence[Pair], labels: Sequence[str]) -> Agreement:
    one_hot = np.zeros((len(pairs), len(labels), len(labels)), dtype=np.int64)
    for row, pair in enumerate(pairs):
        one_hot[row, labels.index(pair.first), labels.index(pair.second)] = 1
    counts = sum_by_group(one_hot, [pair.example.document_id for pair in pairs])
    drawn = resample(counts)
    total = counts.sum(axis=0)
    return Agreement(
        name=name,
        pairs=tuple(pairs),
        kappa=float(kappa(total)),
        alpha=float(alpha(total)),
        kappa_interval=interval(kappa(drawn)),
        alpha_interval=interval(alpha(drawn)),
    )


def kappa(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return Cohen's kappa of cross-tables `[..., labels, labels]`, first reader in the rows."""
    total = counts.sum(axis=(-2, -1))
    agreed = np.trace(counts, axis1=-2, axis2=-1) / total
    expected = (counts.sum(axis=-1) * counts.sum(axis=-2)).sum(axis=-1) / total**2
    return _beyond_chance(1 - agreed, 1 - expected)


def alpha(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return Krippendorff's nominal alpha of two readers' cross-tables `[..., labels, labels]`."""
    coincidences = counts + np.swapaxes(counts, -2, -1)
    values = coincidences.sum(axis=-1)
    total = values.sum(axis=-1)
    observed = 1 - np.trace(coincidences, axis1=-2, axis2=-1) / total
    expected = (total**2 - (values**2).sum(axis=-1)) / (total * (total - 1))
    return _beyond_chance(observed, expected)


def _beyond_chance(observed: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one less observed over expected disagreement; NaN where none can be expected."""
    possible = expected > 0
    return np.where(possible, 1 - observed / np.where(possible, expected, 1), np.nan)
