"""How readers of the seed corpus agreed, round by round: `python experiments/agreement/run.py`. Writes result.md.

The codebook settled between the second and the third round what counts for `diversification`: only documents of the
third round and later were first read under it. At the end reader d read again what reader a had read first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from rareearth_nlp.config import load_config
from rareearth_nlp.corpus.agreement import Agreement, agreements
from rareearth_nlp.corpus.annotations import Annotation, annotation_files, load_annotations
from rareearth_nlp.corpus.loading import load_corpus
from rareearth_nlp.documents import Example
from rareearth_nlp.labels import load_labels
from rareearth_nlp.models.decisions import SIDES

ROUNDS: dict[str, tuple[str, str, str]] = {
    "first round": (r"(?!p\d-|[uv]\d)", "a", "b"),
    "second": (r"p[1248]-", "a", "b"),
    "third": (r"p[35679]-", "a", "b"),
    "fourth": (r"u\d", "a", "b"),
    "fifth": (r"v\d", "a", "b"),
    "again": (r"p\d-", "a", "d"),
}


def main() -> None:
    """Write Krippendorff's alpha of each round, with intervals over documents."""
    config = load_config()
    schema = load_labels(config.labels_path)
    examples = load_corpus(config.corpus_path, schema).examples
    answers: dict[str, dict[str, Annotation]] = {}
    for answer in load_annotations(annotation_files(config.corpus_path), schema):
        answers.setdefault(answer.id, {})[answer.annotator] = answer
    columns = {
        name: agreements(_read(examples, answers, re.compile(pattern).match, first, second), schema)
        for name, (pattern, first, second) in ROUNDS.items()
    }
    lines = list(_table(columns))
    for split in ("validation", "test"):
        part = tuple(example for example in examples if example.split == split)
        lines += ["", *_f1(split, agreements(_read(part, answers, bool, "a", "b"), schema), schema.theme_names)]
    Path(__file__).with_name("result.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _read(
    examples: tuple[Example, ...],
    answers: dict[str, dict[str, Annotation]],
    belongs: Callable[[str], object],
    first: str,
    second: str,
) -> list[tuple[Example, Annotation, Annotation]]:
    found = [(example, answers.get(example.id, {})) for example in examples if belongs(example.document_id)]
    return [(example, own[first], own[second]) for example, own in found if {first, second} <= own.keys()]


def _table(columns: dict[str, list[Agreement]]) -> Iterator[str]:
    sizes = {name: len(found[0].pairs) for name, found in columns.items()}
    yield f"| Krippendorff's alpha | {' | '.join(f'{name}, {size:,} sentences' for name, size in sizes.items())} |"
    yield f"|---|{'---|' * len(columns)}"
    for place, one in enumerate(next(iter(columns.values()))):
        cells = []
        for found in columns.values():
            low, high = found[place].alpha_interval
            cells.append(f"{found[place].alpha:.2f} ({low:.2f} to {high:.2f})")
        yield f"| {one.name} | {' | '.join(cells)} |"


def _f1(split: str, found: list[Agreement], themes: tuple[str, ...]) -> Iterator[str]:
    """Yield how well one reader would score if the other one were right: what a tagger can hope for."""
    pairs = {one.name: one.pairs for one in found if one.name in themes}
    stance = tuple(pair for one in found if one.name not in themes for pair in one.pairs)
    yield f"| F1 of one reader by the other, {split} | |"
    yield "|---|---|"
    for label, own, meant in [*((name, own, "yes") for name, own in pairs.items()), *((s, stance, s) for s in SIDES)]:
        given = sum(pair.first == meant for pair in own) + sum(pair.second == meant for pair in own)
        yield f"| {label} | {2 * sum(pair.first == pair.second == meant for pair in own) / given:.2f} |"


if __name__ == "__main__":
    main()
