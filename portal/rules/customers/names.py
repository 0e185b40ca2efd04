"""What somebody is called: the full name is a fact of its own, and given and family name are two more (C6).

Many people have a full name only, or write the family name first: nothing is made out of the parts against their will.
"""

from __future__ import annotations

from typing import NamedTuple


class Names(NamedTuple):
    """What a customer is called; a business has a full name alone, and an individual may."""

    full: str
    given: str = ""
    family: str = ""

    @property
    def joined(self) -> str:
        """Given and family name together."""
        return f"{self.given} {self.family}".strip()


def full_name(before: Names, wanted: Names) -> str:
    """The full name to keep: as it was written, but it follows given and family name where it was made of them and only
    they were changed.
    """
    parts_alone = wanted.full == before.full and wanted[1:] != before[1:]
    return wanted.joined if parts_alone and before.full == before.joined and wanted.joined else wanted.full
