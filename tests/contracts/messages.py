"""Messages for any act, whatever it is: the emptiest one, and random ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from chain.typed_data import ActType, Field, act_types

ACTS = sorted(act_types())
RIGHTS = {
    f"Parties.{function}"
    for function in ("enrol", "assignRoles", "suspend", "reinstate", "revoke", "stopDomain", "resumeDomain")
}
"""Acts that need a right the AccessManager grants, not a party's role."""

CANCELS = {key for key in ACTS if key.endswith(".cancel")}
"""Anybody may use up nonces of his own."""

OPEN = CANCELS | {"Parties.completeRecovery"}
"""Acts that anybody may sign, a party or not: they decide nothing."""


def emptiest(kind: ActType) -> dict[str, Any]:
    """A message whose every field is zero, empty or the first member."""
    return {field.name: _zero(field) for field in kind.fields}


def messages(kind: ActType) -> st.SearchStrategy[dict[str, Any]]:
    """Random well-formed messages of the act."""
    return st.fixed_dictionaries({field.name: _values(field) for field in kind.fields})


def _zero(field: Field) -> Any:
    if field.type.endswith("[]"):
        return []
    if field.type == "string":
        return ""
    if field.type == "bool":
        return False
    if field.type == "address":
        return "0x" + "00" * 20
    return bytes(32) if field.type == "bytes32" else 0


def _values(field: Field) -> st.SearchStrategy[Any]:
    if field.type.endswith("[]"):
        return st.lists(_values(Field(field.name, field.type[:-2], field.members)), max_size=3)
    if field.members:
        return st.sampled_from(field.members)
    if field.type == "string":
        return st.text(max_size=80).filter(str.isprintable)
    if field.type == "bool":
        return st.booleans()
    if field.type == "address":
        return st.binary(min_size=20, max_size=20).map(lambda octets: "0x" + octets.hex())
    if field.type == "bytes32":
        return st.binary(min_size=32, max_size=32)
    return st.integers(0, 2 ** int(field.type.removeprefix("uint")) - 1)
