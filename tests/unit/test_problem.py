"""A refusal becomes a problem document that says enough, and no more than it should."""

import json

import pytest

from domain import errors
from domain.errors import FieldError, Refusal, Unavailable, ValidationFailed
from domain.problem import problem_document

LIMIT = FieldError(location="query", name="limit", code="out_of_range", detail="limit is too much")


def test_a_refusal_says_what_is_wrong() -> None:
    refusal = ValidationFailed("limit is too much", (LIMIT,))
    assert json.loads(problem_document(refusal, "/api/conversations", "r1")) == {
        "type": "urn:inlet:problem:validation_failed",
        "title": "Request is not valid",
        "status": 422,
        "detail": "limit is too much",
        "instance": "/api/conversations",
        "code": "validation_failed",
        "request_id": "r1",
        "errors": [
            {"in": "query", "name": "limit", "code": "out_of_range", "detail": "limit is too much"}
        ],
    }


def test_errors_of_the_caller_follow_those_of_the_refusal() -> None:
    body = FieldError(location="body", name="text", code="missing", detail="text must be there")
    document = json.loads(problem_document(ValidationFailed("no", (LIMIT,)), "/", "r1", (body,)))
    assert [error["in"] for error in document["errors"]] == ["query", "body"]


@pytest.mark.parametrize("refusal", Refusal.__subclasses__(), ids=lambda refusal: refusal.code)
def test_every_refusal_has_a_status_a_code_and_a_title_of_its_own(refusal: type[Refusal]) -> None:
    assert 400 <= refusal.status < 600
    assert refusal.title not in ("", Refusal.title)
    codes = [refusal.code for refusal in (Refusal, *Refusal.__subclasses__())]
    assert codes.count(refusal.code) == 1


def test_headers_that_belong_to_an_answer_come_with_it() -> None:
    assert errors.Unauthorized.headers == {"WWW-Authenticate": "Bearer"}
    assert Unavailable.headers == {"Retry-After": "1"}
    assert not errors.NotFound.headers
