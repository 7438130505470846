"""What is wrong with a document, for the errors that name a field and its problem."""

from __future__ import annotations

from pydantic import ValidationError


def first_fault(failure: ValidationError, whole: str) -> dict[str, str]:
    """`field` and `problem` of the first thing that does not fit; `whole` names the document itself."""
    first = failure.errors(include_url=False)[0]
    return {"field": ".".join(str(step) for step in first["loc"]) or whole, "problem": first["msg"]}
