"""A REST API: one endpoint that tags, one that lists the labels, one that says it is alive."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from rareearth_nlp.errors import RareEarthError
from rareearth_nlp.reading import read_text
from rareearth_nlp.tagging.tagger import Tagger

MAX_CHARACTERS = 1_000_000
MAX_TARGETS = 50

_EXAMPLE: JsonDict = {
    "text": "Regulators cut the mining quota by a tenth. The firm warned that its debt may not be refinanced.",
    "targets": ["china-control", "Baogang Group"],
}


class TagRequest(BaseModel):
    """An article to tag."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    text: str = Field(min_length=1, max_length=MAX_CHARACTERS, description="The article as plain text.")
    targets: list[str] | None = Field(
        None,
        max_length=MAX_TARGETS,
        description="Ids, names or phrases. Left out: the standing targets and listed ones that the text names.",
    )
    precision: float | None = Field(
        None, gt=0, lt=1, description="Share of the given tags that is to be right; the others are abstained from."
    )


class StanceBody(BaseModel):
    """The stance toward one target."""

    label: str
    scores: dict[str, float]


class SentenceBody(BaseModel):
    """A tagged sentence; `start` and `end` count code points of the text sent."""

    text: str
    start: int
    end: int
    kind: str
    themes: list[str]
    scores: dict[str, float]
    stances: dict[str, StanceBody]
    truncated: bool
    abstained: list[str]


class TaggedBody(BaseModel):
    """A tagged article."""

    schema_version: int
    tagger: str
    document: dict[str, str | None]
    sentences: list[SentenceBody]


def build_api(tagger: Tagger) -> FastAPI:
    """Return the API that serves this tagger."""
    api = FastAPI(title="rareearth_nlp", version=version("rareearth_nlp"), description=__doc__)

    @api.exception_handler(RareEarthError)
    def refuse(_: Request, problem: RareEarthError) -> JSONResponse:
        return JSONResponse({"detail": str(problem)}, status_code=422)

    @api.post("/v1/tag", response_model=TaggedBody, summary="Tag an article")
    def tag(request: TagRequest) -> dict[str, Any]:
        document = read_text(request.text, "request")
        return tagger.tag([document], request.targets, precision=request.precision)[0].to_dict()

    @api.get("/v1/labels", summary="Themes and targets")
    def labels() -> dict[str, Any]:
        return tagger.schema.to_dict() | {"thresholds": tagger.manifest.rule.thresholds.model_dump()}

    @api.get("/healthz", summary="Alive, and with which tagger")
    def healthz() -> dict[str, str]:
        return {"status": "ok", "tagger": tagger.id}

    return api
