"""`gate check` and `gate raise`: the frozen test split is read, counted, and not shown."""

from __future__ import annotations

import logging
import sys
from argparse import Namespace
from pathlib import Path

from rareearth_nlp.config import Config
from rareearth_nlp.corpus.dataset import labelled
from rareearth_nlp.errors import DataError, ModelError
from rareearth_nlp.evaluation.evaluate import score_labelled
from rareearth_nlp.evaluation.gate import Reading, passes, raised, read_floors, write_floors
from rareearth_nlp.resources import shipped
from rareearth_nlp.tagging.choosing import choose_tagger
from rareearth_nlp.tagging.tagger import Tagger
from rareearth_nlp.tracking import count_readings, start_run
from rareearth_nlp.training.train import load_splits
from rareearth_nlp.validation import validate

_log = logging.getLogger(__name__)


def check(arguments: Namespace) -> int:
    """Say `pass` or `fail`, and nothing else of the test split; a failure ends with 1."""
    floors = read_floors(_floors_file(arguments))
    tagger = choose_tagger(arguments.tagger, arguments.thresholds)
    champion = Tagger.load(arguments.champion) if arguments.champion else None
    good = passes(
        floors,
        _read(tagger, floors.corpus_digest),
        _read(champion, floors.corpus_digest) if champion else None,
    )
    sys.stdout.write("pass\n" if good else "fail\n")
    if not good:
        _log.warning(
            "tagger %s is worse than the floors; see where on validation: rareearth-nlp evaluate --tagger %s",
            tagger.id,
            arguments.tagger or "...",
        )
    return 0 if good else 1


def raise_floors(arguments: Namespace) -> int:
    """Set the floors by taggers of several random seeds; floors of the same corpus only go up."""
    file = _floors_file(arguments)
    taggers = [Tagger.load(source) for source in arguments.taggers]
    corpora = {tagger.manifest.provenance.corpus_digest for tagger in taggers}
    if len(corpora) > 1:
        raise DataError("the taggers were trained on different corpora; train them on one, with several random seeds")
    digest = corpora.pop()
    old = read_floors(file) if file.is_file() else None
    floors = raised(old, digest, {tagger.id: _read(tagger, digest) for tagger in taggers})
    write_floors(floors, file)
    sys.stdout.write(f"{file}: champion {floors.champion}\n")
    return 0


def _floors_file(arguments: Namespace) -> Path:
    return Path(arguments.floors) if arguments.floors else shipped("configs", "quality_floors.yaml")


def _read(tagger: Tagger, digest: str) -> Reading:
    """Return the tagger's reading of the test split of its corpus, which must be the one that is meant."""
    settings = validate(Config, tagger.manifest.provenance.config, f"tagger {tagger.id}: its configuration", ModelError)
    found, datasets = load_splits(settings, tagger.schema)
    if found != digest:
        raise DataError(
            f"tagger {tagger.id}: its corpus has digest {found[:12]}, the floors are of {digest[:12]}; "
            "set new floors with: rareearth-nlp gate raise TAGGER TAGGER ..."
        )
    data = labelled(datasets["test"], tagger.schema)
    if not data.texts:
        raise DataError(f"{settings.corpus_path}: its test split is empty; add documents to it")
    with start_run(settings.tracking, "gate") as run:
        run.log_tags({"split": "test", "tagger": tagger.id, "corpus_digest": digest})
        _log.info("reading %d of this test split", count_readings(settings.tracking, digest))
        return Reading(data, score_labelled(tagger, data, progress=True), tagger.manifest.rule.thresholds)
