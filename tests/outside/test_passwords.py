"""SEC14, SEC15: hashing and the list of common passwords."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from portal.config import Settings
from portal.outside import passwords
from tests.conftest import settings_for


@pytest.fixture
def production_like(tmp_path: Path) -> Flask:
    """An application that hashes the way it does outside tests."""
    settings = settings_for(tmp_path, "sqlite:////nowhere.db").model_copy(update={"env": "development"})
    return _bare(settings)


@pytest.fixture
def in_test(tmp_path: Path) -> Flask:
    return _bare(settings_for(tmp_path, "sqlite:////nowhere.db"))


def _bare(settings: Settings) -> Flask:
    app = Flask("bare")
    app.config["PORTAL_SETTINGS"] = settings
    return app


def test_sec15_argon2id_with_the_agreed_parameters(production_like: Flask) -> None:
    with production_like.app_context():
        stored = passwords.hashed("tram owl brick")
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert passwords.verify(stored, "tram owl brick")
        assert not passwords.verify(stored, "tram owl bricks")
        assert not passwords.is_outdated(stored)


def test_sec15_weaker_hashes_are_outdated(in_test: Flask, production_like: Flask) -> None:
    with in_test.app_context():
        weak = passwords.hashed("tram owl brick")
    with production_like.app_context():
        assert passwords.verify(weak, "tram owl brick")
        assert passwords.is_outdated(weak)


@pytest.mark.parametrize("password", ["x" * 64, "x" * 1000, "é🦉 " * 50, " spaces "])
def test_sec13_every_character_counts(in_test: Flask, password: str) -> None:
    with in_test.app_context():
        stored = passwords.hashed(password)
        assert passwords.verify(stored, password)
        assert not passwords.verify(stored, password[:-1])
        assert not passwords.verify(stored, password + "x")


@pytest.mark.parametrize("stored", [None, "", "not a hash", "$argon2id$v=19$m=8,t=1,p=1$broken"])
def test_no_usable_hash_matches_nothing(in_test: Flask, stored: str | None) -> None:
    with in_test.app_context():
        assert not passwords.verify(stored, "nobody has this password")
        assert not passwords.verify(stored, "x" * 5000)


def test_sec14_the_list_is_there_without_a_network() -> None:
    assert passwords.is_common("password")
    assert passwords.is_common("qwertyuiop")
    assert not passwords.is_common("tram owl brick")
