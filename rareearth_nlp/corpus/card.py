"""The figures of a data card, written from the data so that they cannot drift."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from pathlib import Path

from rareearth_nlp.corpus.agreement import Agreement
from rareearth_nlp.errors import DataError

BEGIN, END = "<!-- figures: written by `rareearth-nlp corpus stats --card FILE` -->", "<!-- end of figures -->"
_LABELS = ("documents", "sentences", "writers", "unfamiliar writers", "unfamiliar documents")


def figures(counts: Mapping[str, int], splits: Sequence[str], themes: Sequence[str], found: Sequence[Agreement]) -> str:
    """Return the counts per split and the agreement per label as two Markdown tables."""
    return "\n".join([*_counts(counts, splits, themes), "", *_agreement(found)])


def update(card: Path, content: str) -> None:
    """Put the figures between the two marks of a card.

    Raises:
        DataError: The card is missing or has no marks.
    """
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise DataError(f"{card}: expected the lines {BEGIN} and {END}, found none; add them where the figures go")
    card.write_text(f"{before}{BEGIN}\n{content}\n{END}{after}", encoding="utf-8")


def _counts(counts: Mapping[str, int], splits: Sequence[str], themes: Sequence[str]) -> Iterator[str]:
    names = [*_LABELS, *(f"themes/{theme}" for theme in themes)]
    names += [name for name in counts if name.startswith("stance/")]
    yield f"| | all | {' | '.join(splits)} |"
    yield f"|---|{'---|' * (len(splits) + 1)}"
    for name in names:
        cells = [counts.get(key) for key in (name, *(f"{split}/{name}" for split in splits))]
        yield f"| {name} | {' | '.join('' if cell is None else f'{cell:,}' for cell in cells)} |"


def _agreement(found: Sequence[Agreement]) -> Iterator[str]:
    yield "| two readers, before adjudication | sentences | differ | Cohen's kappa | Krippendorff's alpha |"
    yield "|---|---|---|---|---|"
    for one in found:
        cells = [
            "" if isnan(value) else f"{value:.2f} ({low:.2f} to {high:.2f})"
            for value, (low, high) in ((one.kappa, one.kappa_interval), (one.alpha, one.alpha_interval))
        ]
        yield f"| {one.name} | {len(one.pairs):,} | {len(one.disagreements):,} | {' | '.join(cells)} |"
