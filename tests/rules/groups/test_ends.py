"""G16: an end is a day or explicitly none, and nothing else says that there is none."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal.rules.groups.ends import NO_END, End, end_of, last_day

DAY = date(2027, 6, 30)


@pytest.mark.parametrize(("end", "stored"), [(DAY, DAY), (NO_END, None)])
def test_g16_an_end_is_a_day_or_none(end: End, stored: date | None) -> None:
    assert last_day(end) == stored
    assert end_of(stored) == end


@pytest.mark.parametrize("nothing", [None, "", "none", "2027-06-30"])
def test_g16_nothing_is_no_end(nothing: Any) -> None:
    with pytest.raises(TypeError):
        last_day(nothing)
