"""A person reads sentences in the terminal and gives labels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from rich.text import Text

from rareearth_nlp.commands.show import console
from rareearth_nlp.corpus.annotations import Annotation
from rareearth_nlp.corpus.loading import Corpus
from rareearth_nlp.documents import Example, contexts_in_corpus
from rareearth_nlp.labels import LabelSchema

_STANCES = {"+": "favor", "-": "against", "0": "neutral"}
_HELP = "Enter accepts what stands in brackets; ? after an answer marks it unsure; q stops, nothing is lost."


class Reader:
    """One person's reading session; answers go to `annotations/<name>.jsonl`, a line each, as they are given."""

    def __init__(self, name: str, corpus: Corpus, schema: LabelSchema, file: Path) -> None:
        self._name = name
        self._corpus = corpus
        self._schema = schema
        self._file = file
        self._out = console()
        self._context = _contexts(corpus)

    def ask(self, examples: Sequence[Example]) -> None:
        """Ask for the labels of each example in turn, until all are read or the person stops."""
        self._out.print(_HELP)
        for number, theme in enumerate(self._schema.themes, start=1):
            self._out.print(f"  {number}  {theme.name}: {theme.definition}", soft_wrap=True)
        for place, example in enumerate(examples, start=1):
            self._show(example, f"{place} of {len(examples)}")
            answer = self._answer(example)
            if answer is None:
                break
            self._save(answer)
        self._out.print(f"{self._file}", soft_wrap=True)

    def _show(self, example: Example, place: str) -> None:
        record = self._corpus.documents.get(example.document_id)
        title = record.title if record and record.title else example.document_id
        self._out.print(Text(f"\n{place}   {title}", style="dim"))
        if self._context[example.id]:
            self._out.print(Text(f"    {self._context[example.id]}", style="dim"))
        self._out.print(Text(f"  > {example.text}", style="bold"))

    def _answer(self, example: Example) -> Annotation | None:
        """Return the answer, or None when the person stops."""
        themes = self._themes()
        if themes is None:
            return None
        names, unsure = themes
        stance: dict[str, str] = {}
        for target in example.stance:
            given = self._stance(target)
            if given is None:
                return None
            stance[target], doubt = given
            unsure = unsure or doubt
        fields = {"id": example.id, "annotator": self._name, "themes": names, "stance": stance, "unsure": unsure}
        return Annotation.model_validate(fields)

    def _themes(self) -> tuple[list[str], bool] | None:
        names = self._schema.theme_names
        while True:
            given = _line(f"    themes, such as {'13' if len(names) < 10 else '1 13'} [none]: ")
            if given is None:
                return None
            bare = given.rstrip("?")
            words = bare.replace(",", " ").split()
            chosen = list("".join(words)) if len(names) < 10 else words  # one digit each, as long as that will do
            if all(number.isdecimal() and 1 <= int(number) <= len(names) for number in chosen):
                return [names[place - 1] for place in sorted(set(map(int, chosen)))], given.endswith("?")
            self._out.print(f"    expected numbers from 1 to {len(names)}, got {bare!r}")

    def _stance(self, target: str) -> tuple[str, bool] | None:
        while True:
            given = _line(f"    toward {target}: + favor, - against [0 neutral]: ")
            if given is None:
                return None
            bare = given.rstrip("?").strip() or "0"
            if bare in _STANCES:
                return _STANCES[bare], given.endswith("?")
            self._out.print(f"    expected +, - or 0, got {bare!r}")

    def _save(self, answer: Annotation) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(answer.model_dump_json() + "\n")
            stream.flush()
            os.fsync(stream.fileno())


def _line(question: str) -> str | None:
    """Return what the person types, or None for q and at the end of the input."""
    try:
        given = input(question).strip()
    except EOFError:
        return None
    return None if given == "q" else given


def _contexts(corpus: Corpus) -> dict[str, str]:
    """Return what a model reads before each example: headlines and the sentences before, as far as there are any."""
    found: dict[str, str] = {}
    for _, group in groupby(corpus.examples, key=lambda example: example.document_id):
        document = list(group)
        found |= zip([example.id for example in document], contexts_in_corpus(document), strict=True)
    return found
