"""`rareearth-nlp`: the arguments of each command, and what becomes of its errors."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from rareearth_nlp.errors import RareEarthError

_QUIET = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}
EXIT_SKIPPED, EXIT_REFUSED, EXIT_INTERRUPTED = 1, 2, 130
RESUMED = ("training:train", "training:demo", "tagging:tag")
"""What goes on where it was interrupted, as far as it had got."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 (something was skipped), 2 (the input was refused)."""
    parsed = _parser().parse_args(arguments)
    os.environ.update({name: os.environ.get(name, value) for name, value in _QUIET.items()})
    _log_to_stderr()
    module, function = parsed.run.split(":")
    try:
        code: int = getattr(import_module(f"rareearth_nlp.commands.{module}"), function)(parsed)
    except RareEarthError as problem:
        sys.stderr.write(f"error: {problem}\n")
        return EXIT_REFUSED
    except KeyboardInterrupt:
        again = "; the same command goes on from what is kept" if parsed.run in RESUMED else ""
        sys.stderr.write(f"interrupted{again}\n")
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


class _Parser(argparse.ArgumentParser):
    """One line for a mistake, not the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_REFUSED, f"error: {message}; see {self.prog} --help\n")


class _Version(argparse.Action):
    """Looks the version up only when asked: importlib.metadata costs a tenth of the time of --help."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        sys.stdout.write(f"rareearth-nlp {version('rareearth_nlp')}\n")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="rareearth-nlp",
        description="Tags every sentence of rare-earth news with themes and with its stance toward named targets.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _training_commands(commands)
    _gate_commands(commands)
    _export_command(commands)
    _tagging_commands(commands)
    _corpus_commands(commands)
    return parser


def _training_commands(commands: argparse._SubParsersAction[_Parser]) -> None:
    train = commands.add_parser("train", help="fine-tune on a corpus, evaluate, write a tagger directory")
    train.set_defaults(run="training:train")
    train.add_argument(
        "settings",
        nargs="*",
        metavar="CONFIG | KEY=VALUE",
        help="a YAML file or a shipped setting (encoder, the default, or tfidf), then overrides such as model.epochs=3 "
        "(every key: rareearth_nlp/config.py)",
    )
    train.add_argument(
        "--search",
        type=_count,
        metavar="TRIALS",
        help="first choose the settings of the configuration's search space by so many trials",
    )
    demo = commands.add_parser("demo", help="train on the shipped corpus, tag the shipped article, show it")
    demo.set_defaults(run="training:demo")
    demo.add_argument("settings", nargs="*", metavar="KEY=VALUE", help="overrides such as model.epochs=3")
    evaluate = commands.add_parser("evaluate", help="per-label metrics of a tagger on annotated sentences")
    evaluate.set_defaults(run="training:evaluate")
    evaluate.add_argument("corpus", nargs="?", help="a corpus file or folder; the tagger's own corpus if left out")
    evaluate.add_argument("--split", choices=("validation", "test"), default="validation", help="default: validation")
    evaluate.add_argument("-o", "--out", metavar="FILE", help="also an .html page with plots and the worst errors")
    evaluate.add_argument("--json", action="store_true", help="print JSON instead of a table")
    _tagger_option(evaluate)


def _gate_commands(commands: argparse._SubParsersAction[_Parser]) -> None:
    gate = commands.add_parser("gate", help="refuse a tagger that is worse on the frozen test split")
    actions = gate.add_subparsers(metavar="ACTION", required=True)
    check = actions.add_parser("check", help="pass or fail, by the floors; nothing else of the test split is shown")
    check.set_defaults(run="gate:check")
    _tagger_option(check)
    floors = actions.add_parser("raise", help="set the floors by taggers that differ in their random seed")
    floors.set_defaults(run="gate:raise_floors")
    floors.add_argument("taggers", nargs="+", metavar="TAGGER", help="a directory, runs:/... or models:/...")
    for action in (check, floors):
        action.add_argument("--floors", metavar="FILE", help="default: configs/quality_floors.yaml")


def _export_command(commands: argparse._SubParsersAction[_Parser]) -> None:
    export = commands.add_parser("export", help="a faster form of a tagger, checked against it")
    export.set_defaults(run="export:export")
    export.add_argument("-o", "--out", required=True, metavar="DIR", help="the new tagger directory")
    export.add_argument(
        "--precision", choices=("fp32", "bf16", "int8"), default="fp32", help="number format; default: fp32"
    )
    export.add_argument("--onnx", action="store_true", help="an ONNX file as well, for fp32")
    export.add_argument("--sentences", metavar="CORPUS", help="to check on; default: the shipped text without labels")
    export.add_argument(
        "--tagger",
        metavar="WHERE",
        help="a directory, runs:/... or models:/...; default: $RAREEARTH_TAGGER, then the newest trained one "
        "under taggers/",
    )


def _tagging_commands(commands: argparse._SubParsersAction[_Parser]) -> None:
    predict = commands.add_parser("predict", help="tag a few sentences given as arguments")
    predict.set_defaults(run="tagging:predict")
    predict.add_argument("text", nargs="+", metavar="TEXT")
    predict.add_argument("--json", action="store_true", help="print JSON, one document a line, instead of a table")
    tag = commands.add_parser("tag", help="tag articles: files and folders in, one table or page out")
    tag.set_defaults(run="tagging:tag")
    tag.add_argument(
        "inputs", nargs="+", metavar="INPUT", help=".txt, .md or .html files, folders of them, or - for stdin"
    )
    tag.add_argument("-o", "--out", required=True, help="a .parquet, .jsonl, .csv or .html file")
    tag.add_argument("--overwrite", action="store_true", help="replace OUT if it exists")
    for command in (predict, tag):
        _target_options(command)
        command.add_argument(
            "--precision",
            type=float,
            metavar="SHARE",
            help="abstain from tags unless this share of their label's are right, with 90%% confidence; .5 to .95",
        )
        _tagger_option(command)
    serve = commands.add_parser("serve", help="a REST API on this machine")
    serve.set_defaults(run="tagging:serve")
    serve.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1, this machine only")
    serve.add_argument("--port", type=int, default=8000, help="default: 8000")
    _tagger_option(serve)


def _corpus_commands(commands: argparse._SubParsersAction[_Parser]) -> None:
    corpus = commands.add_parser("corpus", help="look after annotated sentences")
    actions = corpus.add_subparsers(metavar="ACTION", required=True)
    check = actions.add_parser("check", help="list everything that is wrong with a corpus, its splits and digest")
    check.set_defaults(run="corpus:check")
    stats = actions.add_parser("stats", help="count what is in a corpus, quotas beside the counts")
    stats.set_defaults(run="corpus:stats")
    stats.add_argument("--plot", metavar="FILE", help="draw the counts, as .png, .svg or .pdf")
    stats.add_argument("--card", metavar="FILE", help="put the figures between the marks of a data card")
    agreement = actions.add_parser("agreement", help="how far independent readers agree, per theme and target")
    agreement.set_defaults(run="corpus:agreement")
    agreement.add_argument("--reader", metavar="NAME", help="compare this reader with the corpus' labels instead")
    agreement.add_argument("--disagreements", action="store_true", help="list them")
    read = actions.add_parser("read", help="read sentences and give labels in the terminal; saved at once")
    read.set_defaults(run="corpus:read")
    read.add_argument("reader", metavar="NAME", help="who reads; the answers go to annotations/NAME.jsonl")
    read.add_argument("--split", choices=("train", "validation", "test"), default="test", help="default: test")
    for action in (check, stats, agreement, read):
        action.add_argument(
            "settings", nargs="*", metavar="CONFIG | KEY=VALUE", help="such as corpus.path=FOLDER corpus.labels=FILE"
        )
    init = commands.add_parser("init", help="begin a project of your own: labels, example sentences, a config")
    init.set_defaults(run="project:init")
    init.add_argument("folder", metavar="DIR", help="a new or empty folder")


def _target_options(command: argparse.ArgumentParser) -> None:
    targets = command.add_mutually_exclusive_group()
    targets.add_argument(
        "--target",
        action="append",
        dest="targets",
        metavar="TARGET",
        help="an id, a name or any phrase, repeatable; default: the standing targets and listed ones that a text names",
    )
    targets.add_argument("--no-targets", action="store_const", const=[], dest="targets", help="themes only")


def _engine_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--runtime",
        choices=("auto", "torch", "openvino", "onnx"),
        default="auto",
        help="what computes an encoder; default: the first of openvino, onnx and torch that it was made for",
    )
    command.add_argument("--threads", type=_count, metavar="CORES", help="how many cores to take; default: all")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number, 1 or more, got {text!r}")
    return int(text)


def _tagger_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--tagger",
        metavar="WHERE",
        help="a directory, runs:/... or models:/...; default: $RAREEARTH_TAGGER, then the newest under taggers/, an "
        "export before what it was made from",
    )
    command.add_argument(
        "--threshold",
        action="append",
        dest="thresholds",
        default=[],
        metavar="LABEL=VALUE",
        help="another threshold for a theme, or for favor and against; repeatable",
    )
    _engine_options(command)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter())
    package = logging.getLogger("rareearth_nlp")
    package.handlers = [handler]
    package.setLevel(logging.INFO)
    package.propagate = False


class _Formatter(logging.Formatter):
    """`warning: ...` for warnings, the bare sentence for information."""

    def format(self, record: logging.LogRecord) -> str:
        sentence = super().format(record)
        return f"{record.levelname.lower()}: {sentence}" if record.levelno > logging.INFO else sentence
