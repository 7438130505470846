"""What happens once trees stand in the register: a module a domain, found by being here.

`waves(story)` of a module gives its waves, from day 30 on. Waves of all chapters are played in the order of their days,
those of one day in the order of the chapters' names.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from scripts.world.steps import Wave

if TYPE_CHECKING:
    from scripts.world.story import Story

FIRST_DAY = 30


def waves(story: Story) -> Iterator[Wave]:
    """The waves of all chapters, by day."""
    modules = [importlib.import_module(found.name) for found in pkgutil.iter_modules(__path__, f"{__name__}.")]
    yield from sorted((wave for module in modules for wave in module.waves(story)), key=lambda wave: wave.day)
