from __future__ import annotations

import dataclasses
import json

import pandas as pd
import pytest

from rareearth_nlp.documents import (
    SCHEMA_VERSION,
    Document,
    Sentence,
    StanceTag,
    TaggedDocument,
    TaggedSentence,
    contexts,
)

FAVOR = StanceTag("favor", {"favor": 0.7, "against": 0.1, "neutral": 0.2})
AGAINST = StanceTag("against", {"favor": 0.2, "against": 0.5, "neutral": 0.3})


@pytest.fixture
def tagged() -> TaggedDocument:
    text = "A leak. It ran."
    document = Document("leak.txt", text, (Sentence("A leak.", 0, 7), Sentence("It ran.", 8, 15)), title="Leak")
    sentences = (
        TaggedSentence("A leak.", 0, 7, "heading", ("water",), {"water": 0.9, "jobs": 0.2}, {"mine": AGAINST}),
        TaggedSentence(
            "It ran.", 8, 15, "text", (), {"water": 0.4, "jobs": 0.1}, {"mine": FAVOR, "union": AGAINST}, truncated=True
        ),
    )
    return TaggedDocument(document, sentences, "starter-1")


def test_the_json_shape(tagged: TaggedDocument) -> None:
    shape = tagged.to_dict()
    assert json.loads(json.dumps(shape)) == {
        "schema_version": SCHEMA_VERSION,
        "tagger": "starter-1",
        "document": {"id": "leak.txt", "title": "Leak", "date": None, "outlet": None, "language": None},
        "sentences": [
            {
                "text": "A leak.",
                "start": 0,
                "end": 7,
                "kind": "heading",
                "themes": ["water"],
                "scores": {"water": 0.9, "jobs": 0.2},
                "stances": {"mine": {"label": "against", "scores": {"favor": 0.2, "against": 0.5, "neutral": 0.3}}},
                "truncated": False,
                "abstained": [],
            },
            {
                "text": "It ran.",
                "start": 8,
                "end": 15,
                "kind": "text",
                "themes": [],
                "scores": {"water": 0.4, "jobs": 0.1},
                "stances": {
                    "mine": {"label": "favor", "scores": {"favor": 0.7, "against": 0.1, "neutral": 0.2}},
                    "union": {"label": "against", "scores": {"favor": 0.2, "against": 0.5, "neutral": 0.3}},
                },
                "truncated": True,
                "abstained": [],
            },
        ],
    }


def test_the_json_shape_is_a_copy(tagged: TaggedDocument) -> None:
    tagged.to_dict()["sentences"][0]["scores"]["water"] = 0.0
    assert tagged.sentences[0].scores["water"] == 0.9


def test_a_frame_has_a_row_per_sentence(tagged: TaggedDocument) -> None:
    frame = tagged.to_frame()
    assert frame["position"].tolist() == [0, 1]
    assert frame["text"].tolist() == ["A leak.", "It ran."]
    assert frame["document_id"].tolist() == ["leak.txt"] * 2
    assert "language" in frame
    assert frame["themes"].tolist() == [["water"], []]
    assert frame["score_water"].tolist() == [0.9, 0.4]
    assert frame["stance:mine"].tolist() == ["against", "favor"]
    assert frame["stance_score:mine"].tolist() == [0.5, 0.7]
    assert pd.isna(frame["stance:union"][0])  # asked of the second sentence only
    assert frame["stance:union"][1] == "against"
    assert frame["truncated"].tolist() == [False, True]
    assert frame["tagger"].tolist() == ["starter-1"] * 2


def test_a_frame_by_target_has_a_row_per_stance(tagged: TaggedDocument) -> None:
    frame = tagged.to_frame(by="target")
    asked = list(zip(frame["position"], frame["target"], frame["stance"], strict=True))
    assert asked == [(0, "mine", "against"), (1, "mine", "favor"), (1, "union", "against")]
    assert frame["score_against"].tolist() == [0.5, 0.1, 0.5]
    assert frame["title"].tolist() == ["Leak"] * 3


def test_a_frame_by_something_else_is_refused(tagged: TaggedDocument) -> None:
    with pytest.raises(ValueError, match="got by='theme'"):
        tagged.to_frame(by="theme")  # type: ignore[arg-type]


def test_what_is_read_does_not_change(tagged: TaggedDocument) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        tagged.document.text = "Another leak."  # type: ignore[misc]


def test_the_context_of_a_sentence_is_headline_heading_and_the_two_sentences_before() -> None:
    headlines, texts = ("Mine stops", "Jobs"), ("A leak.", "It ran.", "A pipe.", "It held.")
    units = [Sentence(text, 0, len(text), "heading") for text in headlines]
    units[1:1] = [Sentence(text, 0, len(text)) for text in texts]
    units += [Sentence("A strike.", 0, 9, "bullet"), Sentence("It ends.", 0, 8)]
    assert contexts(units) == [
        "",
        "Mine stops",
        "Mine stops A leak.",
        "Mine stops A leak. It ran.",
        "Mine stops It ran. A pipe.",
        "Mine stops",
        "Mine stops Jobs",
        "Mine stops Jobs A strike.",
    ]
    assert contexts([Sentence("A leak.", 0, 7), Sentence("It ran.", 8, 15)]) == ["", "A leak."]
    assert contexts([]) == []
