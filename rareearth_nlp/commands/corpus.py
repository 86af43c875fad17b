"""`corpus check`, `stats`, `agreement` and `read`: the life of the labels."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import NoReturn

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from rareearth_nlp.commands.options import file_to_write, read_config
from rareearth_nlp.commands.show import console
from rareearth_nlp.config import Config
from rareearth_nlp.corpus.agreement import Agreement, agreements, beside_labels, read_twice
from rareearth_nlp.corpus.annotations import ANNOTATIONS_FOLDER, Annotation, annotation_files, load_annotations
from rareearth_nlp.corpus.card import figures, update
from rareearth_nlp.corpus.checking import check_corpus
from rareearth_nlp.corpus.loading import Corpus, CorpusError, load_corpus
from rareearth_nlp.corpus.splitting import Splits, split_corpus, warn_of_missing_labels
from rareearth_nlp.corpus.statistics import count, load_quotas
from rareearth_nlp.documents import Example
from rareearth_nlp.errors import DataError
from rareearth_nlp.labels import STANCES, LabelSchema, load_labels

PICTURES = (".png", ".svg", ".pdf")


def check(arguments: Namespace) -> int:
    """List everything that is wrong with a corpus; if nothing is, its splits, labels and digest."""
    config, schema, corpus = _load(arguments)
    splits: Splits = {}
    problems: list[str] = []
    try:
        splits = split_corpus(corpus, config.corpus)
    except CorpusError as found:
        problems += found.problems
    problems += check_corpus(corpus, splits, _folder(config), schema)
    if problems:
        _refuse(config, problems)
    out = console()
    counts = count(corpus, splits, schema)
    out.print(_splits_table(counts, splits, schema))
    warnings = warn_of_missing_labels(splits, schema)
    warnings += [
        f"{name}: {counts[name]} of the {least} that quotas.yaml asks for"
        for name, least in load_quotas(_folder(config), counts).items()
        if counts[name] < least
    ]
    for warning in warnings:
        out.print(f"warning: {warning}", soft_wrap=True)
    out.print(f"digest     {corpus.digest}", soft_wrap=True)
    return 0


def stats(arguments: Namespace) -> int:
    """Print what is in a corpus, quotas beside the counts; draw it where a picture is asked for."""
    plot = file_to_write(arguments.plot, PICTURES) if arguments.plot else None
    config, schema, corpus = _load(arguments)
    splits = split_corpus(corpus, config.corpus)
    counts = count(corpus, splits, schema)
    quotas = load_quotas(_folder(config), counts)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("", "all", *splits):
        table.add_column(column, justify="right" if column else "left")
    names = [name for name in counts if not name.startswith(tuple(f"{split}/" for split in splits))]
    names += [name.removeprefix("train/") for name in counts if name.startswith("train/")]
    for name in dict.fromkeys(names):
        keys = (name, *(f"{split}/{name}" for split in splits))
        table.add_row(name, *(_beside_quota(counts.get(key), quotas.get(key)) for key in keys))
    console().print(table)
    console().print("A quota stands behind its count; what is below it is red.")
    if plot:
        from rareearth_nlp.corpus.picture import draw

        draw(counts, schema.theme_names, tuple(splits)).savefig(plot)
    if arguments.card:
        annotations = load_annotations(annotation_files(config.corpus_path), schema)
        found = agreements(read_twice(annotations, corpus.examples), schema)
        update(Path(arguments.card), figures(counts, tuple(splits), schema.theme_names, found))
    return 0


def agreement(arguments: Namespace) -> int:
    """Print how far independent readers agree, or one reader with the corpus' labels."""
    config, schema, corpus = _load(arguments)
    files = annotation_files(config.corpus_path)
    annotations = load_annotations(files, schema)
    if arguments.reader:
        readings = beside_labels(annotations, corpus.examples, arguments.reader)
    else:
        readings = read_twice(annotations, corpus.examples)
    if not readings:
        who = f"no sentence is read by {arguments.reader!r}" if arguments.reader else "no sentence is read twice"
        raise DataError(f"{_folder(config) / 'annotations'}: {who}; read some with: rareearth-nlp corpus read")
    found = agreements(readings, schema)
    console().print(_agreement_table(found, f"{len(readings)} sentences, {_documents(readings)} documents"))
    if arguments.disagreements:
        for one in found:
            for pair in one.disagreements:
                console().print(
                    f"{pair.example.id}  {one.name}: {pair.first} / {pair.second}  {pair.example.text}",
                    soft_wrap=True,
                )
    return 0


def read(arguments: Namespace) -> int:
    """Let a person read sentences in the terminal; every answer is on disk before the next question."""
    from rareearth_nlp.commands.reader import Reader

    if Path(arguments.reader).name != arguments.reader:
        raise DataError(f"expected a reader's name, got {arguments.reader!r}; it becomes a file's name, so no slashes")
    config, schema, corpus = _load(arguments)
    examples = split_corpus(corpus, config.corpus)[arguments.split]
    file = _folder(config) / ANNOTATIONS_FOLDER / f"{arguments.reader}.jsonl"
    done = {answer.id for answer in load_annotations([file] if file.is_file() else [], schema)}
    Reader(arguments.reader, corpus, schema, file).ask([example for example in examples if example.id not in done])
    return 0


def _load(arguments: Namespace) -> tuple[Config, LabelSchema, Corpus]:
    """Return the configuration, labels and corpus that a command names; every broken line of a corpus is printed."""
    config = read_config(arguments.settings)
    schema = load_labels(config.labels_path)
    try:
        return config, schema, load_corpus(config.corpus_path, schema)
    except CorpusError as found:
        _refuse(config, list(found.problems))


def _refuse(config: Config, problems: list[str]) -> NoReturn:
    for problem in problems:
        console().print(problem, soft_wrap=True)
    number = f"{len(problems)} problem" + "s" * (len(problems) > 1)
    raise DataError(f"{config.corpus_path}: {number}; mend them and check again")


def _folder(config: Config) -> Path:
    path = config.corpus_path
    return path if path.is_dir() else path.parent


def _documents(readings: Sequence[tuple[Example, Annotation, Annotation]]) -> int:
    return len({example.document_id for example, _, _ in readings})


def _splits_table(counts: Mapping[str, int], splits: Splits, schema: LabelSchema) -> Table:
    table = Table(box=SIMPLE_HEAD, title=f"{counts['sentences']} sentences", title_justify="left", pad_edge=False)
    for column in ("split", "documents", "sentences", *schema.theme_names, *STANCES):
        table.add_column(column, justify="left" if column == "split" else "right")
    labels = [f"themes/{theme}" for theme in schema.theme_names] + [f"stance/{stance}" for stance in STANCES]
    for split in splits:
        cells = [str(counts[f"{split}/{name}"]) for name in ("documents", "sentences", *labels)]
        table.add_row(split, *cells)
    return table


def _beside_quota(number: int | None, quota: int | None) -> Text:
    if number is None:
        return Text("")
    if quota is None:
        return Text(str(number))
    return Text(f"{number} / {quota}", style="" if number >= quota else "bold red")


def _agreement_table(found: Sequence[Agreement], title: str) -> Table:
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for column in ("label", "read", "differ", "kappa", "95% interval", "alpha", "95% interval"):
        table.add_column(column, justify="left" if column == "label" else "right")
    for one in found:
        coefficients = []
        for value, (low, high) in ((one.kappa, one.kappa_interval), (one.alpha, one.alpha_interval)):
            coefficients += ["", ""] if isnan(value) else [f"{value:.2f}", f"{low:.2f} to {high:.2f}"]
        table.add_row(one.name, str(len(one.pairs)), str(len(one.disagreements)), *coefficients)
    return table
