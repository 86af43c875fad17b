"""The REST API."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from rareearth_nlp.reading import read_text
from rareearth_nlp.serving.api import build_api
from rareearth_nlp.tagging.tagger import Tagger


@pytest.fixture
def tagger(tfidf_folder: Path) -> Tagger:
    return Tagger.load(tfidf_folder)


@pytest.fixture
def client(tagger: Tagger) -> TestClient:
    return TestClient(build_api(tagger), raise_server_exceptions=False)


def test_it_speaks_the_one_json_shape(client: TestClient, tagger: Tagger) -> None:
    text = "Wells ran dry. The union won."
    answer = client.post("/v1/tag", json={"text": text, "targets": ["mine", "a pipe"]})
    assert answer.status_code == 200
    assert answer.json() == tagger.tag([read_text(text, "request")], ["mine", "a pipe"])[0].to_dict()


def test_labels_and_health(client: TestClient, tagger: Tagger) -> None:
    labels = client.get("/v1/labels").json()
    assert [theme["name"] for theme in labels["themes"]] == ["water", "jobs"]
    assert labels["thresholds"] == {"themes": {"water": 0.5, "jobs": 0.5}, "favor": None, "against": None}
    assert client.get("/healthz").json() == {"status": "ok", "tagger": tagger.id}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "Rain fell.", "tragets": []},
        {"text": "Rain fell.", "targets": [""]},
        {"text": "Rain fell.", "targets": ["x" * 300]},
        {"text": "Rain fell.", "targets": ["x"] * 51},
        {"text": 5},
    ],
)
def test_bad_requests_are_refused_with_a_reason(client: TestClient, body: dict[str, object]) -> None:
    answer = client.post("/v1/tag", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_the_description_has_an_example_that_works(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    (example,) = schema["components"]["schemas"]["TagRequest"]["examples"]
    assert client.post("/v1/tag", json=example).status_code == 200
