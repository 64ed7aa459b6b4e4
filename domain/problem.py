"""Writes a refusal as an RFC 9457 problem document. Knows no web framework.

`type` names the kind of problem for generic clients; `code` is the same as one short word.
"""

import msgspec

from domain.errors import FieldError, Refusal

MEDIA_TYPE = "application/problem+json"


class _Field(msgspec.Struct, frozen=True, rename={"location": "in"}):
    location: str
    name: str
    code: str
    detail: str


class _Problem(msgspec.Struct, frozen=True):
    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    errors: list[_Field]


def problem_document(
    refusal: Refusal, instance: str, request_id: str, errors: tuple[FieldError, ...] = ()
) -> bytes:
    """Write the JSON body that answers a refused request.

    Shape: `errors` lists the parts at fault, those of the refusal first; empty where the request
    as a whole is refused. `instance` is the path without its query, which may hold an address.
    """
    problem = _Problem(
        type=f"urn:inlet:problem:{refusal.code}",
        title=refusal.title,
        status=refusal.status,
        detail=refusal.detail,
        instance=instance,
        code=refusal.code,
        request_id=request_id,
        errors=[
            _Field(location=error.location, name=error.name, code=error.code, detail=error.detail)
            for error in (*refusal.errors, *errors)
        ],
    )
    return msgspec.json.encode(problem)
