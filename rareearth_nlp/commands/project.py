"""`init` and `corpus check`: a project of one's own, and whether its corpus holds."""

from __future__ import annotations

import shutil
from argparse import Namespace
from collections import Counter
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

from rareearth_nlp.commands.show import console
from rareearth_nlp.commands.training import read_config
from rareearth_nlp.corpus.loading import Corpus, CorpusError, load_corpus
from rareearth_nlp.corpus.splitting import Splits, split_corpus, warn_of_missing_labels
from rareearth_nlp.errors import DataError
from rareearth_nlp.labels import LabelSchema, load_labels
from rareearth_nlp.resources import shipped


def check(arguments: Namespace) -> int:
    """List everything that is wrong with a corpus; if nothing is, its splits, labels and digest."""
    config = read_config(arguments.settings)
    schema = load_labels(config.labels_path)
    out = console()
    try:
        corpus = load_corpus(config.corpus_path, schema)
    except CorpusError as found:
        for problem in found.problems:
            out.print(problem, soft_wrap=True)
        count = f"{len(found.problems)} problem" + "s" * (len(found.problems) > 1)
        raise DataError(f"{config.corpus_path}: {count}; mend them and check again") from None
    splits = split_corpus(corpus, config.corpus)
    out.print(_splits_table(corpus, splits, schema))
    for warning in warn_of_missing_labels(splits, schema):
        out.print(f"warning: {warning}", soft_wrap=True)
    out.print(f"digest     {corpus.digest}", soft_wrap=True)
    return 0


def init(arguments: Namespace) -> int:
    """Write labels, example sentences (JSON Lines and the same as CSV) and a config into a new folder."""
    folder = Path(arguments.folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder}: exists already and is not empty; name a new folder")
    shutil.copytree(shipped("seeds", "starter"), folder, dirs_exist_ok=True)
    out = console()
    out.print(
        f"{folder}: labels.yaml, corpus.jsonl, the same as corpus.csv, and config.yaml. Next:\n",
        soft_wrap=True,
    )
    for step in (
        f"rareearth-nlp corpus check {folder / 'config.yaml'}",
        f"rareearth-nlp train {folder / 'config.yaml'}",
        'rareearth-nlp predict "Salar Blanco will train forty drillers."',
    ):
        out.print(f"  {step}", soft_wrap=True, markup=False)
    return 0


def _splits_table(corpus: Corpus, splits: Splits, schema: LabelSchema) -> Table:
    table = Table(box=SIMPLE_HEAD, title=f"{len(corpus.examples)} sentences", title_justify="left", pad_edge=False)
    for column in ("split", "documents", "sentences", *schema.theme_names, "favor", "against", "neutral"):
        table.add_column(column, justify="left" if column == "split" else "right")
    for name, examples in splits.items():
        themes = Counter(theme for example in examples for theme in example.themes or ())
        stances = Counter(label for example in examples for label in example.stance.values())
        counts = [themes[theme] for theme in schema.theme_names] + [stances[s] for s in ("favor", "against", "neutral")]
        documents = len({example.document_id for example in examples})
        table.add_row(name, str(documents), str(len(examples)), *map(str, counts))
    return table
