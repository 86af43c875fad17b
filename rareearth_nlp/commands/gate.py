"""`gate check` and `gate raise`: the frozen test split is read, counted, and not shown."""

from __future__ import annotations

import logging
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rareearth_nlp.commands.options import file_to_write, tagger_options
from rareearth_nlp.corpus.dataset import Labelled, labelled
from rareearth_nlp.errors import DataError
from rareearth_nlp.evaluation.evaluate import score_labelled
from rareearth_nlp.evaluation.gate import passes, raised, read_floors, refuse_other_floors, test_digest, write_floors
from rareearth_nlp.evaluation.metrics import document_counts
from rareearth_nlp.resources import shipped
from rareearth_nlp.tagging.choosing import choose_tagger
from rareearth_nlp.tagging.tagger import Tagger
from rareearth_nlp.tracking import Run, count_runs, start_run
from rareearth_nlp.training.ingredients import load_splits

_log = logging.getLogger(__name__)

WITHOUT_EFFECT = ("taggers", "tracking", "search")
"""Keys of a configuration that do not change what is trained."""


def check(arguments: Namespace) -> int:
    """Say `pass` or `fail`, and nothing else of the test split; a failure ends with 1."""
    floors = read_floors(_floors_file(arguments))
    tagger = choose_tagger(*tagger_options(arguments))
    test = _test_split(tagger)
    refuse_other_floors(floors, test, tagger.manifest.rule.thresholds)
    with _counted(tagger, test) as run:
        scores = score_labelled(tagger, test, progress=True)
        good = passes(floors, test, scores, tagger.manifest.rule.thresholds)
        run.log_tags({"gate": "pass" if good else "fail"})
    sys.stdout.write("pass\n" if good else "fail\n")
    if not good:
        where = f" --tagger {arguments.tagger}" if arguments.tagger else ""
        _log.warning("worse than the champion; see on validation where: rareearth-nlp evaluate%s", where)
    return 0 if good else 1


def raise_floors(arguments: Namespace) -> int:
    """Set the floors by taggers of several random seeds; floors of the same test split only go up."""
    file = file_to_write(str(_floors_file(arguments)), (".yaml", ".yml"))
    taggers = [Tagger.load(source) for source in arguments.taggers]
    _refuse_unlike(taggers)
    test, found = _test_split(taggers[0]), {}
    for tagger in taggers:
        with _counted(tagger, test):
            scores = score_labelled(tagger, test, progress=True)
        found[tagger.id], _ = document_counts(test, scores, tagger.manifest.rule.thresholds)
    floors = raised(read_floors(file) if file.is_file() else None, test, found)
    write_floors(floors, file)
    sys.stdout.write(f"{file}: champion {floors.champion}\n")
    return 0


def _floors_file(arguments: Namespace) -> Path:
    return Path(arguments.floors) if arguments.floors else shipped("configs", "quality_floors.yaml")


def _refuse_unlike(taggers: Sequence[Tagger]) -> None:
    """Refuse taggers that differ in more than their random seed, before any reads the test split.

    Raises:
        DataError: There are fewer than two seeds, or the taggers differ in their corpus or another setting.
    """
    configs = [
        {key: value for key, value in tagger.manifest.provenance.config.items() if key not in WITHOUT_EFFECT}
        for tagger in taggers
    ]
    seeds = [config.pop("random_seed", None) for config in configs]
    if len(seeds) < 2 or len(set(seeds)) < len(seeds):
        raise DataError(
            f"expected two taggers or more, each of another random seed, got those of {', '.join(map(str, seeds))}; "
            "train others with random_seed=N"
        )
    first = taggers[0]
    unlike = sorted(key for key in configs[0] if any(config.get(key) != configs[0][key] for config in configs))
    unlike += ["labels"] if any(tagger.schema != first.schema for tagger in taggers) else []
    corpora = {tagger.manifest.provenance.corpus_digest for tagger in taggers}
    unlike += ["the text of the corpus"] if len(corpora) > 1 else []
    if unlike:
        raise DataError(
            f"expected taggers that differ in their random seed only, these differ in {', '.join(unlike)}; "
            "train them alike"
        )


def _test_split(tagger: Tagger) -> Labelled:
    settings = tagger.config
    corpus = load_splits(settings, tagger.schema)
    if corpus.digest != tagger.manifest.provenance.corpus_digest:
        raise DataError(
            f"{settings.corpus_path}: has changed since tagger {tagger.id} was trained on it, which may have seen what "
            "is in its test split now; train again"
        )
    test = labelled(corpus.datasets["test"], tagger.schema)
    if not test.texts:
        raise DataError(f"{settings.corpus_path}: its test split is empty; add documents to it")
    return test


@contextmanager
def _counted(tagger: Tagger, test: Labelled) -> Iterator[Run]:
    """Keep the reading of a test split on record, and say how often it has been read."""
    settings = tagger.config
    tags = {"split": "test", "test_digest": test_digest(test)}
    with start_run(settings.tracking, "gate") as run:
        run.log_tags(tags | {"tagger": tagger.id})
        _log.info("reading %d of this test split", count_runs(settings.tracking, tags))
        yield run
