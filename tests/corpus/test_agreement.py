from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nltk.metrics.agreement import AnnotationTask
from sklearn.metrics import cohen_kappa_score

from rareearth_nlp.corpus.agreement import OTHER_TARGETS, agreements, alpha, beside_labels, kappa, read_twice
from rareearth_nlp.corpus.annotations import Annotation
from rareearth_nlp.documents import Example
from rareearth_nlp.labels import LabelSchema


def _tables(first: list[int], second: list[int], labels: int) -> Any:
    table = np.zeros((labels, labels), dtype=np.int64)
    np.add.at(table, (first, second), 1)
    return table


@pytest.mark.parametrize("labels", [2, 3, 5])
def test_the_coefficients_are_those_of_kept_libraries(labels: int) -> None:
    draw = np.random.default_rng(labels)
    first = draw.integers(labels, size=60).tolist()
    second = [label if draw.random() < 0.7 else int(draw.integers(labels)) for label in first]
    table = _tables(first, second, labels)
    task = AnnotationTask([(who, i, v) for who, side in (("a", first), ("b", second)) for i, v in enumerate(side)])
    assert kappa(table) == pytest.approx(cohen_kappa_score(first, second))
    assert alpha(table) == pytest.approx(task.alpha())


def test_one_label_throughout_leaves_agreement_undefined() -> None:
    table = _tables([0] * 5, [0] * 5, 2)
    assert np.isnan(kappa(table))
    assert np.isnan(alpha(table))


EXAMPLES = [
    Example(f"s{number}", f"d{number // 2}", number % 2, "Text.", ("water",), {"mine": "favor", "dam": "neutral"})
    for number in range(6)
]


def _annotation(id_: str, who: str, themes: tuple[str, ...] | None, stance: dict[str, str]) -> Annotation:
    return Annotation.model_validate({"id": id_, "annotator": who, "themes": themes, "stance": stance})


def test_the_two_readers_who_share_most_are_compared() -> None:
    answers = [_annotation("s0", who, ("water",), {}) for who in ("c", "b", "a")]
    answers += [_annotation(id_, who, (), {}) for id_ in ("s1", "not there") for who in ("b", "c")]
    readings = read_twice(answers, EXAMPLES)
    assert [(one.id, first.annotator, second.annotator) for one, first, second in readings] == [
        ("s0", "b", "c"),
        ("s1", "b", "c"),
    ]
    assert read_twice(answers[:1], EXAMPLES) == []


def test_agreement_per_theme_and_target(schema: LabelSchema) -> None:
    first = [_annotation(example.id, "a", ("water",), {"mine": "favor", "dam": "against"}) for example in EXAMPLES]
    second = [
        _annotation(example.id, "b", ("water",) if example.id != "s5" else (), {"mine": "favor", "dam": "neutral"})
        for example in EXAMPLES
    ]
    found = {one.name: one for one in agreements(zip(EXAMPLES, first, second, strict=True), schema)}
    assert [pair.example.id for pair in found["water"].disagreements] == ["s5"]
    assert (found["water"].disagreements[0].first, found["water"].disagreements[0].second) == ("yes", "no")
    assert found["jobs"].disagreements == ()
    assert np.isnan(found["jobs"].kappa)
    assert len(found[OTHER_TARGETS].disagreements) == 6
    assert found["mine"].pairs[0].first == "favor"


def test_what_was_not_read_is_not_compared(schema: LabelSchema) -> None:
    first = _annotation("s0", "a", None, {"mine": "favor"})
    second = _annotation("s0", "b", ("water",), {"dam": "favor"})
    assert agreements([(EXAMPLES[0], first, second)], schema) == []


def test_a_reader_beside_the_labels(schema: LabelSchema) -> None:
    answers = [_annotation("s0", "ann", (), {"mine": "against"}), _annotation("s1", "bob", (), {})]
    readings = beside_labels(answers, EXAMPLES, "ann")
    found = {one.name: one for one in agreements(readings, schema)}
    assert found["water"].disagreements[0].second == "yes"
    assert found["mine"].disagreements[0].second == "favor"


def test_intervals_resample_documents(schema: LabelSchema) -> None:
    # two documents agree throughout, one not at all: resamples of documents range from one to the other
    first = [_annotation(example.id, "a", ("water",) if example.position else (), {}) for example in EXAMPLES]
    second = [
        _annotation(
            one.id, "b", one.themes if one.id not in ("s4", "s5") else (("water",) if not one.themes else ()), {}
        )
        for one in first
    ]
    (water, *_) = agreements(zip(EXAMPLES, first, second, strict=True), schema)
    assert water.kappa == pytest.approx(1 / 3)
    assert water.kappa_interval == (-1.0, 1.0)
