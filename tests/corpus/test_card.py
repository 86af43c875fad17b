from __future__ import annotations

from pathlib import Path

import pytest

from rareearth_nlp.corpus.agreement import agreements
from rareearth_nlp.corpus.annotations import Annotation
from rareearth_nlp.corpus.card import BEGIN, END, figures, update
from rareearth_nlp.documents import Example
from rareearth_nlp.errors import DataError
from rareearth_nlp.labels import LabelSchema


def test_figures_are_tables(schema: LabelSchema) -> None:
    examples = [Example(f"s{n}", f"d{n}", 0, "Text.") for n in range(4)]
    pairs = [
        tuple(
            Annotation(id=example.id, annotator=who, themes=("water",) if n < reach else ())
            for who, reach in (("a", 2), ("b", 3))
        )
        for n, example in enumerate(examples)
    ]
    found = agreements([(example, *pair) for example, pair in zip(examples, pairs, strict=True)], schema)  # type: ignore[misc]
    counts = {"documents": 1234, "train/documents": 1000, "themes/water": 7, "stance/favor": 3}
    table = figures(counts, ("train",), ("water",), found).splitlines()
    assert table[0] == "| | all | train |"
    assert "| documents | 1,234 | 1,000 |" in table
    assert "| themes/water | 7 |  |" in table
    assert "| stance/favor | 3 |  |" in table
    (water,) = [row for row in table if row.startswith("| water |")]
    assert water.startswith("| water | 4 | 1 | 0.50 (")


def test_only_what_lies_between_the_marks_changes(tmp_path: Path) -> None:
    card = tmp_path / "card.md"
    card.write_text(f"# Card\n{BEGIN}\nold\n{END}\nThe end.\n", encoding="utf-8")
    update(card, "new")
    assert card.read_text(encoding="utf-8") == f"# Card\n{BEGIN}\nnew\n{END}\nThe end.\n"


@pytest.mark.parametrize("content", ["# Card\n", f"{BEGIN}\n", None])
def test_a_card_without_marks_is_left_alone(tmp_path: Path, content: str | None) -> None:
    card = tmp_path / "card.md"
    if content is not None:
        card.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match="expected the lines"):
        update(card, "new")
    assert (card.read_text(encoding="utf-8") if card.exists() else None) == content
