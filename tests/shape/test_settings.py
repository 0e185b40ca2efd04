"""Every setting is documented where operators look for it, and nothing is documented that does not exist."""

import re

from portal.config import NAMES, ROOT, SECRETS, Settings

EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
DOCUMENTED = re.findall(r"^#?(PORTAL_[A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE)


def test_every_setting_stands_in_the_example_once():
    assert sorted(name for name, _ in DOCUMENTED) == sorted(NAMES)


def test_every_setting_is_explained_above_its_line():
    lines = EXAMPLE.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"^#PORTAL_", line):
            assert lines[number - 1].startswith("#"), line


def test_secrets_are_marked_as_such():
    for block in EXAMPLE.split("\n\n"):
        names = set(re.findall(r"^#(PORTAL_[A-Z_]+)=", block, re.MULTILINE))
        if names & SECRETS:
            assert "[secret" in block, names


def test_the_example_can_be_used_as_it_stands(tmp_path):
    uncommented = {name: value for name, value in DOCUMENTED if name not in {"PORTAL_ENV", "PORTAL_INSTANCE_DIR"}}
    settings = Settings.from_environment({**uncommented, "PORTAL_INSTANCE_DIR": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path / 'portal.db'}"
    assert settings.mail_server is not None
    assert settings.cookies_secure


def test_the_defaults_it_names_are_the_defaults(tmp_path):
    not_defaults = {
        "PORTAL_BASE_URL",
        "PORTAL_MAIL_URL",
        "PORTAL_MAIL_FROM",
        "PORTAL_REDIS_URL",
        "PORTAL_CLOCK",
        "PORTAL_SMS_URL",
        "PORTAL_CLAMAV_URL",
        "PORTAL_TICKETS_ADDRESS",
        "PORTAL_IMAP_URL",
    }
    not_defaults |= {"PORTAL_COOKIES_SECURE", "PORTAL_INSTANCE_DIR"}
    here = {"PORTAL_INSTANCE_DIR": str(tmp_path)}
    plain = Settings.from_environment(here)
    for name, value in DOCUMENTED:
        if name not in not_defaults:
            assert Settings.from_environment({**here, name: value}) == plain, name
