"""`predict`, `tag` and `serve`: what is done with a tagger."""

from __future__ import annotations

import glob
import json
import logging
import shutil
import socket
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from rareearth_nlp.commands.options import tagger_options
from rareearth_nlp.documents import Document
from rareearth_nlp.errors import DataError
from rareearth_nlp.reading import SUFFIXES, read_article, read_text
from rareearth_nlp.reading.decoding import decode
from rareearth_nlp.tagging.choosing import choose_tagger
from rareearth_nlp.tagging.writing import check_out, write
from rareearth_nlp.validation import reason

_log = logging.getLogger(__name__)


def predict(arguments: Namespace) -> int:
    """Tag the texts given as arguments; each is a document of its own."""
    documents = [read_text(text, f"text {number}") for number, text in enumerate(arguments.text, start=1)]
    for document in documents:
        if not document.sentences:
            raise DataError(f"{document.id}: holds no sentence to tag")
    _warn_of_other_languages(documents)
    tagger = choose_tagger(*tagger_options(arguments))
    for tagged in tagger.tag(documents, arguments.targets, precision=arguments.precision):
        if arguments.json:
            sys.stdout.write(json.dumps(tagged.to_dict(), ensure_ascii=False) + "\n")
        else:
            from rareearth_nlp.commands.show import console, tags_table

            console().print(tags_table(tagged))
    return 0


def tag(arguments: Namespace) -> int:
    """Tag articles into one file; an unreadable one among several is reported and skipped, with exit code 1.

    The scores of a large archive are kept beside the file until it is written.
    """
    out = Path(arguments.out)
    check_out(out, overwrite=arguments.overwrite)
    documents, problems = _read(arguments.inputs, out)
    if not documents:
        raise DataError(
            problems[0] if len(problems) == 1 else f"none of {len(problems)} inputs can be read: {problems[0]}"
        )
    for problem in problems:
        _log.warning("skipped %s", problem)
    _warn_of_other_languages(documents)
    tagger = choose_tagger(*tagger_options(arguments))
    keep = out.with_name(f".{out.name}.scores")
    tagged = tagger.tag(documents, arguments.targets, precision=arguments.precision, keep=keep)
    write(tagged, out, overwrite=arguments.overwrite)
    shutil.rmtree(keep, ignore_errors=True)
    _log.info("%s: %d tagged, %d skipped", out, len(documents), len(problems))
    return 1 if problems else 0


def serve(arguments: Namespace) -> int:
    """Serve a tagger over HTTP until interrupted."""
    _refuse_taken(arguments.host, arguments.port)
    import uvicorn

    from rareearth_nlp.serving.api import build_api

    api = build_api(choose_tagger(*tagger_options(arguments)))
    uvicorn.run(api, host=arguments.host, port=arguments.port, log_level="info")
    return 0


def _refuse_taken(host: str, port: int) -> None:
    """Refuse an address that cannot be listened at, before a tagger is loaded for it.

    Raises:
        DataError: It is taken, forbidden or unknown.
    """
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except (OSError, OverflowError) as problem:
        raise DataError(f"cannot listen at {host}:{port} ({reason(problem)}); name another --port or --host") from None


def _warn_of_other_languages(documents: Sequence[Document]) -> None:
    for document in documents:
        if document.language not in (None, "en"):
            _log.warning("%s: looks like %r, not English; the tags mean little there", document.id, document.language)


def _read(inputs: Sequence[str], out: Path) -> tuple[list[Document], list[str]]:
    """Return the articles, each once, and what is wrong with the others."""
    files, problems = _expand(inputs, out)
    documents = []
    for file in dict.fromkeys(files):
        try:
            documents.append(_read_stdin() if file == "-" else read_article(file))
        except DataError as problem:
            problems.append(str(problem))
    return documents, problems


def _expand(inputs: Sequence[str], out: Path) -> tuple[list[str], list[str]]:
    """Return the inputs, with a folder's articles in its place, and what is wrong with folders."""
    files, problems = [], []
    for name in map(str, map(Path, inputs)):  # ./a.txt is a.txt
        if not Path(name).is_dir():
            files.append(name)
            continue
        inside = sorted(str(file) for file in Path(name).rglob("*") if _is_article(file, out))
        if not inside:
            problems.append(f"{name}: the folder holds no {', '.join(SUFFIXES)} file")
        files += inside
    return files, problems


def _is_article(file: Path, out: Path) -> bool:
    """Tell articles from what is written, and from the parts that a browser saves beside a page."""
    parts_of_a_page = any(
        folder.name.endswith("_files") and list(folder.parent.glob(f"{glob.escape(folder.name[:-6])}.htm*"))
        for folder in file.parents
    )
    return file.suffix.lower() in SUFFIXES and file.absolute() != out.absolute() and not parts_of_a_page


def _read_stdin() -> Document:
    document = read_text(decode(sys.stdin.buffer.read(), "stdin"), "stdin")
    if not document.sentences:
        raise DataError("stdin: holds no sentence to tag; pipe an article's text in")
    return document
