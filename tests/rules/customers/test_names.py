"""The full name is a fact of its own."""

from __future__ import annotations

import pytest

from portal.rules.customers.names import Names, full_name

ZOE = Names("Zoë Novák", "Zoë", "Novák")


@pytest.mark.parametrize(
    ("before", "wanted", "kept"),
    [
        (Names("Sukarno"), Names("Sukarno"), "Sukarno"),
        (Names("Novák Zoë", "Zoë", "Novák"), Names("Novák Zoë", "Zoe", "Novák"), "Novák Zoë"),
        (ZOE, Names("Zoë Novák", "Zoë", "Svoboda"), "Zoë Svoboda"),
        (ZOE, Names("Dr. Zoë Novák", "Zoë", "Novák"), "Dr. Zoë Novák"),
        (ZOE, Names("Dr. Zoë Svoboda", "Zoë", "Svoboda"), "Dr. Zoë Svoboda"),
        (ZOE, Names("Zoë Novák"), "Zoë Novák"),
        (Names("Sukarno"), Names("Sukarno", "Sukarno", ""), "Sukarno"),
        (Names(""), Names("", "Zoë", ""), "Zoë"),
    ],
)
def test_c6_the_full_name_is_kept_as_it_is_written(before: Names, wanted: Names, kept: str) -> None:
    assert full_name(before, wanted) == kept
