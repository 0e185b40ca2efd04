"""What a machine may lack: a test that needs it says nothing there, which only a developer's machine may accept."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def without(what: str) -> NoReturn:
    """Leave this test out for want of something, and fail it where CI is set: there, nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)
