"""Training: the same twice, better than nothing on what it saw, and able to go on where it was stopped."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from rareearth_nlp.commands.options import read_config
from rareearth_nlp.errors import ConfigError, DataError
from rareearth_nlp.evaluation.evaluate import evaluate
from rareearth_nlp.evaluation.plots import PLOTS
from rareearth_nlp.resources import shipped
from rareearth_nlp.tagging.tagger import Tagger
from rareearth_nlp.training.checkpoints import resumable
from rareearth_nlp.training.ingredients import Ingredients, gather
from rareearth_nlp.training.train import train

STARTER = str(shipped("seeds", "starter", "config.yaml"))
TEXTS = ["The union won seven per cent.", "A well ran dry."]
ASKED = [["mine"]] * 2


def _ingredients(*overrides: str) -> Ingredients:
    return gather(read_config([STARTER, *overrides]))


def test_the_same_seed_gives_the_same_tagger(toy_settings: list[str]) -> None:
    first, again = (train(_ingredients(*toy_settings)).tagger for _ in range(2))
    other = train(_ingredients(*toy_settings, "random_seed=7")).tagger
    assert (first.score(TEXTS, ASKED).themes == again.score(TEXTS, ASKED).themes).all()
    assert (first.score(TEXTS, ASKED).themes != other.score(TEXTS, ASKED).themes).any()


@pytest.mark.parametrize("family", ["encoder", "tfidf"])
def test_it_learns_what_it_is_shown(family: str, toy_settings: list[str]) -> None:
    recipe = ["model.epochs=60", "model.learning_rate=0.003", "model.head_learning_rate=0.01"]
    overrides = [*toy_settings, *recipe] if family == "encoder" else ["model.family=tfidf"]
    ingredients = _ingredients(*overrides)
    tagger = train(ingredients).tagger
    shown = evaluate(tagger, ingredients.split("train"), tagger.schema, tagger.manifest.rule)
    assert shown.themes.macro_f1 > 0.9
    assert shown.stance.macro_f1 > 0.7


def test_each_epoch_is_reported_and_the_controls_stand_beside(toy_settings: list[str]) -> None:
    seen: list[tuple[int, dict[str, float]]] = []
    training = train(_ingredients(*toy_settings), after_epoch=lambda epoch, found: seen.append((epoch, found)))
    assert [epoch for epoch, _ in seen] == [1, 2]
    assert {"train/loss", "validation/themes/macro_f1", "validation/stance/favor_against_f1"} <= seen[0][1].keys()
    assert list(training.controls) == ["majority", "TF-IDF", "TF-IDF, target-blind"]
    provenance = training.tagger.manifest.provenance
    assert provenance.validation == training.validation.scalars()
    assert provenance.split_sizes == {"train": 24, "validation": 8, "test": 0}


def test_an_interrupted_training_goes_on(toy_settings: list[str]) -> None:
    class StoppedError(Exception):
        pass

    def stop(epoch: int, _: dict[str, float]) -> None:
        if epoch == 2:
            raise StoppedError

    recipe = [*toy_settings, "model.epochs=3"]
    with pytest.raises(StoppedError):
        train(_ingredients(*recipe), after_epoch=stop)
    seen: list[int] = []
    resumed = train(_ingredients(*recipe), after_epoch=lambda epoch, _: seen.append(epoch)).tagger
    assert seen == [2, 3]
    with resumable(_ingredients(*recipe)):
        pass
    assert list(Path("taggers/.checkpoints").iterdir()) == []
    straight = train(_ingredients(*recipe)).tagger
    assert resumed.score(TEXTS, ASKED).themes == pytest.approx(straight.score(TEXTS, ASKED).themes, abs=1e-5)


def test_a_training_that_ended_before_its_tagger_was_safe_is_not_done_again(toy_settings: list[str]) -> None:
    first = train(_ingredients(*toy_settings)).tagger
    half_written = next(Path("taggers/.checkpoints").rglob("checkpoint-*")).with_name("checkpoint-999999")
    half_written.mkdir()
    seen: list[int] = []
    second = train(_ingredients(*toy_settings), after_epoch=lambda epoch, _: seen.append(epoch)).tagger
    assert seen == []
    assert (first.score(TEXTS, ASKED).themes == second.score(TEXTS, ASKED).themes).all()
    assert not half_written.exists()


def test_the_same_training_is_not_done_twice_at_once(toy_settings: list[str]) -> None:
    with resumable(_ingredients(*toy_settings)):
        with resumable(_ingredients(*toy_settings, "random_seed=99")):
            pass
        with (
            pytest.raises(ConfigError, match="this very training is under way in another process"),
            resumable(_ingredients(*toy_settings)),
        ):
            pass


def test_a_small_corpus_gets_more_passes(toy_settings: list[str]) -> None:
    seen: list[int] = []
    train(_ingredients(*toy_settings, "model.min_steps=100"), after_epoch=lambda epoch, _: seen.append(epoch))
    assert seen[-1] >= 14
    assert len(seen) <= 12


def test_a_limit_of_steps_ends_training_within_an_epoch(toy_settings: list[str]) -> None:
    seen: list[int] = []
    limits = ["model.epochs=9", "model.min_steps=50", "model.max_steps=2"]
    limited = train(_ingredients(*toy_settings, *limits), after_epoch=lambda epoch, _: seen.append(epoch)).tagger
    whole = train(_ingredients(*toy_settings)).tagger
    assert len(seen) == 1
    assert (limited.score(TEXTS, ASKED).themes != whole.score(TEXTS, ASKED).themes).any()


def test_plots_are_drawn(toy_settings: list[str], tmp_path: Path) -> None:
    training = train(_ingredients(*toy_settings))
    for name, draw in PLOTS.items():
        draw(training.validation).savefig(tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").stat().st_size > 5000


def test_evaluation_as_numbers(toy_settings: list[str]) -> None:
    evaluation = train(_ingredients(*toy_settings)).validation
    scalars = evaluation.scalars()
    assert all(not math.isnan(value) for value in scalars.values())
    assert scalars["stance/mine/macro_f1"] == evaluation.to_dict()["stance_by_target"]["mine"]["macro_f1"]


@pytest.mark.parametrize("family", ["encoder", "tfidf"])
def test_folds_calibrate_and_leave_nothing_behind(
    family: str, toy_settings: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "rareearth_nlp.training.train.squared_error", lambda *_: 0.0
    )  # a toy's calibration is no better
    overrides = toy_settings if family == "encoder" else ["model.family=tfidf"]
    ingredients = _ingredients(*overrides, "calibration.folds=2")
    with resumable(ingredients):
        training = train(ingredients)
    rule = training.tagger.manifest.rule
    assert rule.calibration is not None
    assert rule.thresholds.favor is not None
    assert rule.promises[-1].cuts.keys() == {"water", "jobs", "favor", "against"}
    assert not Path("taggers/.checkpoints").exists() or not list(Path("taggers/.checkpoints").iterdir())
    again = Tagger.load(training.tagger.save(tmp_path / "tagger"))
    assert again.manifest.rule == rule
    assert (again.score(TEXTS, ASKED).themes == training.tagger.score(TEXTS, ASKED).themes).all()
    assert training.validation.thresholds == rule.thresholds


def test_calibration_that_makes_validation_worse_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    errors = iter([0.1, 0.2])
    monkeypatch.setattr("rareearth_nlp.training.train.squared_error", lambda *_: next(errors))
    training = train(_ingredients("model.family=tfidf", "calibration.folds=2"))
    assert training.tagger.manifest.rule.calibration is None
    assert "calibration makes validation worse" in caplog.text


def test_a_corpus_without_labels_is_refused(tmp_path: Path) -> None:
    corpus = tmp_path / "bare.jsonl"
    lines = [f'{{"id": "{name}", "document_id": "{name}", "text": "Rain fell on {name}."}}\n' for name in "abcdefgh"]
    corpus.write_text("".join(lines))
    with pytest.raises(DataError, match="nothing in its train split is annotated; label some"):
        _ingredients(f"corpus.path={corpus}")


def test_one_document_cannot_be_split(tmp_path: Path) -> None:
    corpus = tmp_path / "one.jsonl"
    corpus.write_text('{"id": "a", "document_id": "d", "text": "Rain fell.", "themes": ["water"]}\n')
    with pytest.raises(DataError, match="the validation split is empty"):
        _ingredients(f"corpus.path={corpus}")
