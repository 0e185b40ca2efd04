"""The settings of a partner, and the sections of the portal that they hide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.rules.partners import DEFAULTS, SECTIONS
from portal.rules.permissions import Permission


@pytest.mark.parametrize("setting", SECTIONS)
def test_o5_a_section_is_shown_until_a_partner_hides_it(setting: str) -> None:
    section, hiding = SECTIONS[setting], replace(DEFAULTS, **{setting: False})
    assert section.permissions
    assert not any(DEFAULTS.hides(permission) for permission in Permission)
    assert {permission for permission in Permission if hiding.hides(permission)} == section.permissions
    assert (DEFAULTS.hidden_sections, hiding.hidden_sections) == ((), (section.name,))


def test_o5_a_permission_of_two_sections_goes_with_either() -> None:
    shared = Permission.STATEMENTS_SAVE
    assert {name for name, section in SECTIONS.items() if shared in section.permissions} == {
        "shows_statements",
        "shows_documents",
    }
    assert replace(DEFAULTS, shows_documents=False).hides(shared)
    assert replace(DEFAULTS, shows_statements=False).hides(shared)
