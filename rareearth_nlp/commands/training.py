"""`train`, `evaluate` and `demo`: training composed with tracking."""

from __future__ import annotations

import json
import logging
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

from rareearth_nlp.commands.options import file_to_write, read_config, tagger_options
from rareearth_nlp.commands.show import console, metrics_table, parts_table, promises_table, tags_table
from rareearth_nlp.config import CalibrationConfig, Config, EncoderConfig
from rareearth_nlp.corpus.dataset import Labelled, labelled
from rareearth_nlp.errors import ConfigError, DataError, RareEarthError
from rareearth_nlp.evaluation.evaluate import Evaluation
from rareearth_nlp.evaluation.evaluate import evaluate as evaluate_tagger
from rareearth_nlp.evaluation.gate import test_digest
from rareearth_nlp.evaluation.plots import PLOTS
from rareearth_nlp.evaluation.report import render
from rareearth_nlp.reading import read_article
from rareearth_nlp.resources import shipped
from rareearth_nlp.tagging.choosing import choose_tagger
from rareearth_nlp.tagging.tagger import Tagger
from rareearth_nlp.tagging.writing import write
from rareearth_nlp.tracking import Run, flat, start_run, store_uri, ui_command
from rareearth_nlp.training.checkpoints import resumable
from rareearth_nlp.training.controls import evaluate_controls
from rareearth_nlp.training.ingredients import Ingredients, gather, load_splits
from rareearth_nlp.training.train import Training, git_commit
from rareearth_nlp.training.train import train as fit

_log = logging.getLogger(__name__)

ARTICLE = "baogang_2025_targets.txt"
OUT_OF_FOLD_FILE = "out_of_fold.npz"
"""The scores that calibration, thresholds and promises come from."""
DEMO_FOLDER = Path("demo")
DEMO_STEPS = 350
"""What two cores do in some minutes; `train` takes all the epochs of its configuration, and calibrates."""


@dataclass(frozen=True)
class Trained:
    """A training that is on disk and in MLflow."""

    training: Training
    folder: Path
    run_id: str


def train(arguments: Namespace) -> int:
    """Train by a configuration; the tagger directory and the MLflow run are named on standard output."""
    config = read_config(arguments.settings)
    if arguments.search:
        config = _search(config, arguments.search)
    trained = _train(config)
    out = console()
    _print_metrics(trained.training.validation, trained.training.controls, "Validation")
    rule = trained.training.tagger.manifest.rule
    if rule.promises:
        out.print(promises_table(rule))
    out.print(f"tagger     {trained.folder}  (id {trained.training.tagger.id})", soft_wrap=True)
    _print_store(config, trained)
    return 0


def evaluate(arguments: Namespace) -> int:
    """Measure a tagger on its own corpus or another; each time is a run in MLflow, readings of test on record."""
    out = file_to_write(arguments.out, (".html",)) if arguments.out else None
    tagger = choose_tagger(*tagger_options(arguments))
    settings = _settings(tagger, arguments.corpus)
    tags, data, learn = _split_to_read(tagger, settings, arguments.split)
    evaluation = evaluate_tagger(tagger, data, tagger.schema, tagger.manifest.rule, progress=True)
    controls = evaluate_controls(learn, data, tagger.schema, settings.random_seed) if learn else {}
    read = tags["split"]
    title = f"{read.capitalize()}, tagger {tagger.id}"
    with start_run(settings.tracking, f"evaluate {read}") as run:
        run.log_tags(tags)
        page = _log_evaluation(run, evaluation, controls, read, title)
    if out:
        out.write_text(page, encoding="utf-8")
    if arguments.json:
        shape = evaluation.to_dict() | {"controls": {name: control.to_dict() for name, control in controls.items()}}
        sys.stdout.write(json.dumps(shape, indent=2) + "\n")
    else:
        _print_metrics(evaluation, controls, title)
    return 0


def _settings(tagger: Tagger, corpus: str | None) -> Config:
    """Return the tagger's configuration, of another corpus if one is named."""
    settings = tagger.config
    if not corpus:
        return settings
    other = settings.corpus.model_copy(update={"path": Path(corpus)})
    return settings.model_copy(update={"corpus": other})


def _split_to_read(tagger: Tagger, settings: Config, split: str) -> tuple[dict[str, str], Labelled, Labelled | None]:
    """Return what the run is tagged with, the split, and what the controls learn from, if that is still there."""
    corpus = load_splits(settings, tagger.schema)
    datasets = corpus.datasets
    foreign = corpus.digest != tagger.manifest.provenance.corpus_digest
    whole = foreign and not corpus.fixed
    data = labelled(list(chain(*datasets.values())) if whole else datasets[split], tagger.schema)
    if not data.texts:
        others = " or ".join(f"--split {name}" for name in ("validation", "test") if datasets[name])
        remedy = f"ask for {others}" if others else "add documents to it"
        raise DataError(f"{settings.corpus_path}: its {split} split is empty; {remedy}")
    tags = {"split": "whole" if whole else split, "tagger": tagger.id, "corpus_digest": corpus.digest}
    tags |= {"test_digest": test_digest(data)} if split == "test" else {}
    if not foreign:
        return tags, data, labelled(datasets["train"], tagger.schema)
    _log.warning("not the corpus that the tagger was trained on: make sure that they share no document")
    return tags, data.foreign(), _own_train(tagger)


def _own_train(tagger: Tagger) -> Labelled | None:
    """Return what the tagger learnt from, for the controls; None if it is not there any more as it was."""
    provenance = tagger.manifest.provenance
    try:
        corpus = load_splits(tagger.config, tagger.schema)
    except RareEarthError:
        return None
    return labelled(corpus.datasets["train"], tagger.schema) if corpus.digest == provenance.corpus_digest else None


def demo(arguments: Namespace) -> int:
    """Train on the shipped corpus, tag the shipped article, and say where everything lies."""
    misplaced = [setting for setting in arguments.settings if "=" not in setting]
    if misplaced:
        raise ConfigError(
            f"expected key=value, got {misplaced[0]!r}; for another configuration use: rareearth-nlp train"
        )
    config = _shortened(read_config(arguments.settings))
    trained = _train(config)
    tagger = trained.training.tagger
    tagged = tagger.tag(
        [read_article(shipped("seeds", "articles", ARTICLE))], ("china-control", "diversification", "baogang")
    )
    files = [write(tagged, DEMO_FOLDER / f"baogang{suffix}", overwrite=True) for suffix in (".parquet", ".html")]
    out = console()
    out.print(tags_table(tagged[0]))
    out.print(
        metrics_table(
            trained.training.validation,
            trained.training.controls,
            "How good it is: validation, other articles",
        )
    )
    out.print("English only. The article above is in the training corpus: trust the validation table, not it.\n")
    out.print(f"tagger     {trained.folder}  (id {tagger.id})", soft_wrap=True)
    _print_store(config, trained)
    out.print(f"table      {files[0].resolve()}", soft_wrap=True)
    out.print(f"page       {files[1].resolve()}", soft_wrap=True)
    return 0


def _shortened(config: Config) -> Config:
    """Return the configuration without folds and, of an encoder, with few steps, unless it limits them itself."""
    model = config.model
    if isinstance(model, EncoderConfig) and model.max_steps is None:
        model = model.model_copy(update={"max_steps": DEMO_STEPS})
    return config.model_copy(update={"model": model, "calibration": CalibrationConfig()})


def _search(config: Config, trials: int) -> Config:
    """Return the configuration with the best settings of its search space; each trial is a child run."""
    from rareearth_nlp.training.search import search

    with start_run(config.tracking, f"search {config.model.family}") as run:

        @contextmanager
        def on_trial(number: int, tried: Config) -> Iterator[Callable[[float, Evaluation], None]]:
            with start_run(config.tracking, f"trial {number}", nested=True) as child:
                child.log_config(tried.model_dump(mode="json"))

                def record(value: float, evaluation: Evaluation) -> None:
                    child.log_metrics({"objective": value} | _on_split(evaluation, "validation"))
                    _log.info("trial %d: %.4f with %s", number, value, _chosen(tried))

                yield record

        best = search(config, trials, on_trial)
        run.log_config(best.model_dump(mode="json"))
    _log.warning("the best settings: %s; chosen on validation, whose scores below flatter them", _chosen(best))
    return best


def _chosen(config: Config) -> str:
    values = flat(config.model_dump(mode="json"))
    return " ".join(f"{key}={values[key]}" for key in config.search)


def _train(config: Config) -> Trained:
    ingredients = gather(config)
    with resumable(ingredients), start_run(config.tracking, f"train {config.model.family}") as run:
        _log_ingredients(run, ingredients)
        training = fit(ingredients, after_epoch=lambda epoch, metrics: run.log_metrics(metrics, step=epoch))
        name = f"{datetime.now():%Y%m%d-%H%M%S-%f}-{config.model.family}"
        folder = training.tagger.save(config.taggers.resolve() / name)
        title = f"Validation, tagger {training.tagger.id}"
        _log_evaluation(run, training.validation, training.controls, "validation", title)
        if training.out_of_fold:
            unseen = training.out_of_fold
            run.log_arrays({"themes": unseen.themes, "stances": unseen.stances}, OUT_OF_FOLD_FILE)
        run.log_tags({"tagger": training.tagger.id})
        run.log_tagger(folder)
    return Trained(training, folder, run.id)


def _log_ingredients(run: Run, ingredients: Ingredients) -> None:
    run.log_config(ingredients.config.model_dump(mode="json"))
    run.log_tags({"git_commit": git_commit(), "corpus_digest": ingredients.corpus_digest})
    run.log_datasets(ingredients.datasets, ingredients.corpus_digest)


def _log_evaluation(
    run: Run, evaluation: Evaluation, controls: Mapping[str, Evaluation], split: str, title: str
) -> str:
    """Put an evaluation on record, and return its page."""
    run.log_metrics(_on_split(evaluation, split))
    for control, found in controls.items():
        run.log_metrics({f"control/{control}/{split}/{name}": value for name, value in found.scalars().items()})
    run.log_json(evaluation.to_dict(), f"{split}.json")
    figures = {name: draw(evaluation) for name, draw in PLOTS.items()}
    for name, figure in figures.items():
        run.log_figure(figure, f"{split}_{name}")
    page = render(evaluation, controls, figures.values(), title)
    run.log_text(page, f"{split}.html")
    return page


def _on_split(evaluation: Evaluation, split: str) -> dict[str, float]:
    return {f"{split}/{name}": value for name, value in evaluation.scalars().items()}


def _print_metrics(evaluation: Evaluation, controls: Mapping[str, Evaluation], title: str) -> None:
    out = console()
    out.print(metrics_table(evaluation, controls, title))
    out.print(parts_table(evaluation, controls))


def _print_store(config: Config, trained: Trained) -> None:
    out = console()
    out.print(f"MLflow     {store_uri(config.tracking)}  (run {trained.run_id})", soft_wrap=True)
    out.print(f"           {ui_command(config.tracking)}", soft_wrap=True)
