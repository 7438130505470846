"""Errors are business facts: declared once, next to the rule they state, and put into words in one place.

    ChaqiError
    ├── ActRefused      a contract refused an act (chain/refusals.py)
    ├── NodeUnreachable, NodeError, ...   the chain's node (chain/rpc.py)
    └── every other fact, next to the code that finds it

A subclass states its fact in English and Chinese as format strings over the values it is raised with.
"""

from __future__ import annotations

from typing import ClassVar, Literal

Language = Literal["en", "zh"]


class ChaqiError(Exception):
    """A fact that keeps Chaqi from doing what was asked; `values` are the failing values, by name.

    `status` is the HTTP status the API answers with. `en` and `zh` say what happened and what to do.
    """

    status: int = 400
    en: ClassVar[str]
    zh: ClassVar[str]

    def __init__(self, **values: object) -> None:
        super().__init__(values)
        self.values = values

    @property
    def code(self) -> str:
        """Stable name of the fact, for programs."""
        return type(self).__name__

    def words(self, language: Language = "en") -> str:
        """The fact in words a person can act on."""
        template = self.en if language == "en" else self.zh
        return template.format(**self.values)

    def __str__(self) -> str:
        return self.words("en")
