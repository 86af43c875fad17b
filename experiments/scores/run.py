"""How good is the shipped recipe? `python experiments/scores/run.py validation.json test.json ...` writes result.md.

Each file is what `rareearth-nlp evaluate --json` printed, and gives a part of the result that is named after it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

OUT = Path(__file__).with_name("result.md")
CONTROLS = ("TF-IDF", "TF-IDF, target-blind")
MEANS = {"themes": ("macro_f1", "macro_interval"), "stance": ("favor_against_f1", "favor_against_interval")}
"""Which mean of a task is shown, and its interval; that of stance is over favor and against."""


def main(files: Sequence[str]) -> None:
    """Write the tables of the evaluations named."""
    if not files:
        sys.exit("expected files that `rareearth-nlp evaluate --json` wrote, such as validation.json")
    lines = [line for file in map(Path, files) for line in _tables(file.stem, json.loads(file.read_text()))]
    OUT.write_text("\n".join(lines), encoding="utf-8")


def _tables(name: str, found: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {name.capitalize()}: {found['documents']} documents, {found['sentences']} sentences"
    for table in (_labels(found), _parts(found), _promises(found["promises"])):
        yield ""
        yield from table
    yield ""


def _labels(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield a row for each label; beside its calibration error stands that of perfect scores."""
    heads = ["label", "n", "precision", "recall", "F1", "95% interval", "average precision", "calibration error"]
    yield from _head([*heads, *CONTROLS, "always"])
    for task in MEANS:
        for label, own in found[task]["labels"].items():
            if label == "neutral":
                continue
            numbers = [own["precision"], own["recall"], own["f1"]]
            cells = [
                label,
                str(own["support"]),
                *map(_two, numbers),
                _span(own["interval"]),
                _two(own["average_precision"]),
            ]
            simple = [control[task]["labels"][label]["f1"] for control in _controls(found, task)]
            yield _line([*cells, _calibration(own["calibration"]), *_padded(simple), _two(own["always_f1"])])


def _parts(found: Mapping[str, Any]) -> Iterator[str]:
    yield from _head(["mean F1", "n", "F1", "95% interval", "calibration error", *CONTROLS])
    for task, (mean, interval) in MEANS.items():
        for part in ("", *found["parts"]):
            own, *simple = (_part(one, part)[task] for one in (found, *_controls(found, task)))
            if own:
                cells = [f"{task}, {part or 'all'}", str(own["count"]), _two(own[mean]), _span(own[interval])]
                others = _padded([control[mean] for control in simple])
                yield _line([*cells, _calibration(own["calibration"]), *others])


def _promises(promises: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield from _head(["promised precision", "label", "tags given", "precision", "recall"])
    for one in promises:
        if one["tags"]:
            kept = [str(one["tags"]), _two(one["precision"]), _two(one["recall"])]
            yield _line([f"{one['promised']:g}", one["label"], *kept])


def _controls(found: Mapping[str, Any], task: str) -> list[Mapping[str, Any]]:
    """Return the controls that say something of their own: one that is blind to targets does so of stance alone."""
    return [found["controls"][name] for name in (CONTROLS if task == "stance" else CONTROLS[:1])]


def _padded(values: Sequence[float]) -> list[str]:
    return [*map(_two, values), *[""] * (len(CONTROLS) - len(values))]


def _part(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return found["parts"][name] if name else found  # type: ignore[no-any-return]


def _calibration(found: Mapping[str, float | None]) -> str:
    if found["error"] is None or found["perfect"] is None:
        return ""
    return f"{found['error']:.3f} (perfect: {found['perfect']:.3f})"


def _two(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _span(values: Sequence[float] | None) -> str:
    return "" if values is None else f"{values[0]:.2f} to {values[1]:.2f}"


def _head(names: Sequence[str]) -> Iterator[str]:
    yield _line(names)
    yield "|---" * len(names) + "|"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main(sys.argv[1:])
