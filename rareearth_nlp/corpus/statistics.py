"""What is in a corpus, counted under names, and whether that is enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from pydantic import RootModel

from rareearth_nlp.corpus.loading import Corpus
from rareearth_nlp.corpus.splitting import Splits
from rareearth_nlp.documents import Example
from rareearth_nlp.errors import DataError
from rareearth_nlp.labels import STANCES, LabelSchema
from rareearth_nlp.validation import nearest, read_yaml, validate

QUOTAS_FILE = "quotas.yaml"


class Quotas(RootModel[dict[str, int]]):
    """The least that a corpus should hold, by the names that `count` gives."""


def load_quotas(folder: Path, counts: Mapping[str, int]) -> dict[str, int]:
    """Return the quotas beside a corpus; none where there is no such file.

    Raises:
        DataError: The file is broken or names something that is not counted.
    """
    file = folder / QUOTAS_FILE
    if not file.is_file():
        return {}
    quotas = validate(Quotas, read_yaml(file, DataError), str(file), DataError).root
    for name in quotas:
        if name not in counts:
            raise DataError(f"{file}: {name!r} is not counted; {nearest(name, list(counts))}")
    return quotas


def count(corpus: Corpus, splits: Splits, schema: LabelSchema) -> dict[str, int]:
    """Return the counts of a corpus by name: `documents`, `train/writers`, `themes/risk`, `stance/lynas/favor` ..."""
    records = list(corpus.documents.values())
    found = {
        "documents": len({example.document_id for example in corpus.examples}),
        "sentences": len(corpus.examples),
        "genres": _distinct(record.genre for record in records),
        "targets": _distinct(map(schema.resolve, (target for example in corpus.examples for target in example.stance))),
    }
    for split, examples in splits.items():
        found |= {f"{split}/{name}": number for name, number in _count_split(corpus, splits, split, schema).items()}
        found |= {f"{split}/{name}": number for name, number in _count_labels(examples, schema).items()}
    return found | _count_labels(corpus.examples, schema)


def _count_split(corpus: Corpus, splits: Splits, split: str, schema: LabelSchema) -> dict[str, int]:
    """Return how much a split holds, and how much of it by writers and on targets that no other split has."""
    documents = {example.document_id for example in splits[split]}
    records = [corpus.documents[name] for name in documents if name in corpus.documents]
    others = [example for name, examples in splits.items() if name != split for example in examples]
    elsewhere = {
        corpus.documents[example.document_id].writer for example in others if example.document_id in corpus.documents
    }
    own_writers = [record.writer for record in records if record.writer and record.writer not in elsewhere]
    own_targets, other_targets = (
        {schema.resolve(target) for example in examples for target in example.stance}
        for examples in (splits[split], others)
    )
    return {
        "documents": len(documents),
        "sentences": len(splits[split]),
        "writers": _distinct(record.writer for record in records),
        "families": _distinct(record.family for record in records),
        "unfamiliar writers": len(set(own_writers)),
        "unfamiliar documents": len(own_writers),
        "targets of its own": len(own_targets - other_targets),
    }


def _count_labels(examples: Sequence[Example], schema: LabelSchema) -> dict[str, int]:
    themes = Counter(theme for example in examples for theme in example.themes or ())
    together = Counter(pair for example in examples for pair in combinations(sorted(example.themes or ()), 2))
    found = {f"themes/{name}": themes[name] for name in schema.theme_names}
    for pair in combinations(sorted(schema.theme_names), 2):
        found["themes/" + "+".join(pair)] = together[pair]
    asked = (pair for example in examples for pair in example.stance.items())
    stances = Counter((schema.resolve(target), label) for target, label in asked)
    for label in STANCES:
        found[f"stance/{label}"] = sum(number for (_, given), number in stances.items() if given == label)
    for target in schema.targets:
        if target.standing:
            found |= {f"stance/{target.id}/{label}": stances[target.name, label] for label in STANCES}
    return found


def _distinct(values: Iterable[str | None]) -> int:
    return len({value for value in values if value is not None})
