"""Parts of a split, weights of documents, controls and errors, on scores made by hand."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from conftest import new_labelled
from sklearn.metrics import f1_score

from rareearth_nlp.corpus.dataset import Labelled, Origin
from rareearth_nlp.evaluation.evaluate import Evaluation, measure
from rareearth_nlp.evaluation.mistakes import worst_mistakes
from rareearth_nlp.evaluation.plots import PLOTS
from rareearth_nlp.evaluation.report import render
from rareearth_nlp.labels import LabelSchema
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.decisions import DecisionRule, Promise, same_threshold
from rareearth_nlp.training.controls import evaluate_controls

RANDOM = np.random.default_rng(3)
SIZE = 48
THEME_SCORES = RANDOM.random((SIZE, 2)).astype(np.float32)
STANCE_SCORES = RANDOM.dirichlet([1, 1, 1], SIZE).astype(np.float32)
SCORES = Scores(THEME_SCORES, STANCE_SCORES, np.zeros(SIZE, dtype=np.bool_))
CUTS = {"water": 0.7, "jobs": None, "favor": 0.5, "against": 0.5}
PROMISE = Promise(precision=0.6, cuts=CUTS, recall={})
RULE = DecisionRule(thresholds=same_threshold(("water", "jobs"), 0.5), promises=(PROMISE,))


@pytest.fixture(scope="module")
def data() -> Labelled:
    plain = new_labelled(RANDOM.integers(0, 2, (SIZE, 2)), RANDOM.integers(0, 3, SIZE))
    kinds = [
        Origin(f"d{row // 6}", f"w{row // 12}", "news" if row < 24 else "court", 1 + row // 24) for row in range(SIZE)
    ]
    origins = [replace(origin, familiar=origin.writer < "w2") for origin in kinds]
    return replace(plain, origins=origins, seen=[row % 3 > 0 for row in range(SIZE)])


@pytest.fixture(scope="module")
def evaluation(data: Labelled, schema: LabelSchema) -> Evaluation:
    return measure(SCORES, data, schema, RULE)


def test_parts_are_what_their_names_say(evaluation: Evaluation, data: Labelled) -> None:
    truth, tagged = data.themes == 1, THEME_SCORES >= 0.5
    for name, rows in {"familiar writers": slice(0, 24), "family: court": slice(24, 48)}.items():
        part = evaluation.parts[name].themes
        assert part is not None
        assert part.macro_f1 == pytest.approx(f1_score(truth[rows], tagged[rows], average="macro"))
    unseen = evaluation.parts["unseen targets"].stance
    pairs = np.arange(SIZE) % 3 == 0
    assert unseen is not None
    expected = f1_score(data.stances[pairs], STANCE_SCORES[pairs].argmax(1), average=None)
    assert unseen.favor_against_f1 == pytest.approx(expected[:2].mean())
    assert evaluation.parts["unseen targets"].themes is None


def test_the_natural_mix_weighs_documents(evaluation: Evaluation, data: Labelled) -> None:
    natural = evaluation.parts["natural mix"].themes
    weights = [origin.weight for origin in data.origins]
    expected = f1_score(data.themes == 1, THEME_SCORES >= 0.5, average="macro", sample_weight=weights)
    assert natural is not None
    assert natural.macro_f1 == pytest.approx(expected)
    assert natural.macro_f1 != pytest.approx(evaluation.themes.macro_f1)


def test_a_corpus_that_says_nothing_of_its_documents_has_no_parts(schema: LabelSchema) -> None:
    plain = new_labelled([[1, 0], [0, 1]], [0, 2])
    assert measure(Scores(THEME_SCORES[:2], STANCE_SCORES[:2], SCORES.truncated[:2]), plain, schema, RULE).parts == {}


def test_numbers_are_flat_and_defined(evaluation: Evaluation) -> None:
    scalars = evaluation.scalars()
    assert {
        "themes/water/brier_skill",
        "themes/macro_f1_low",
        "unfamiliar writers/stance/favor_against_f1_high",
        "stance/favor_against_f1",
        "unfamiliar writers/themes/macro_f1",
    } <= scalars.keys()
    assert all(np.isfinite(value) for value in scalars.values())


def test_promises_are_looked_after(evaluation: Evaluation, data: Labelled) -> None:
    water, jobs, favor, _ = evaluation.promises
    given = THEME_SCORES[:, 0] >= 0.7
    truth = data.themes[:, 0] == 1
    assert (water.label, water.promised, water.tags) == ("water", 0.6, given.sum())
    assert water.precision == pytest.approx(truth[given].mean())
    assert water.recall == pytest.approx((truth & given).sum() / truth.sum())
    assert water.unfamiliar == pytest.approx(truth[24:][given[24:]].mean())
    assert water.broken is not None
    assert 0 < water.broken < 1
    assert (jobs.tags, jobs.precision, jobs.recall) == (None, None, 0)
    sided = (STANCE_SCORES.argmax(1) == 0) & (STANCE_SCORES[:, 0] >= 0.5)
    assert favor.tags == sided.sum()


def test_the_worst_mistakes_come_first(evaluation: Evaluation, data: Labelled) -> None:
    errors = worst_mistakes(evaluation, 10)
    assert len(errors) == 10
    assert [error.score for error in errors] == sorted(error.score for error in errors)
    wrong = (data.themes == 1) != (THEME_SCORES >= 0.5)
    themes = [error for error in worst_mistakes(evaluation, 1000) if error.task == "theme"]
    assert len(themes) == wrong.sum()
    surest = np.where(data.themes == 1, THEME_SCORES, 1 - THEME_SCORES)[wrong].min()
    assert themes[0].score == pytest.approx(surest)
    assert all(error.annotated != error.tagged for error in errors)


def test_the_page_shows_every_label_part_and_plot(evaluation: Evaluation, data: Labelled, schema: LabelSchema) -> None:
    page = render(
        evaluation, evaluate_controls(data, data, schema, 0), [draw(evaluation) for draw in PLOTS.values()], "A <test>"
    )
    assert "<h1>A &lt;test&gt;</h1>" in page
    for words in ("water", "against", "unfamiliar writers", "unseen targets", "natural mix", "TF-IDF, target-blind"):
        assert words in page
    assert page.count("<svg") == 5
    assert not re.search(r"(src|href)=\"http", page)
