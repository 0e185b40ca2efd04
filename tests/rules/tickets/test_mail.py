"""M4: what answers by itself, which ticket a mail names, and what of it is a quote."""

from __future__ import annotations

import pytest

from portal.rules.tickets import mail as rules

TOKEN = "abcdefghijklmnop"


@pytest.mark.parametrize(
    ("headers", "sender", "subject", "content_type"),
    [
        ({"auto-submitted": "auto-replied"}, "jana@acme.test", "Re: Line", "text/plain"),
        ({"auto-submitted": "auto-generated; owner-email=x"}, "jana@acme.test", "Re: Line", "text/plain"),
        ({"precedence": "Bulk"}, "jana@acme.test", "Re: Line", "text/plain"),
        ({"precedence": "auto_reply"}, "jana@acme.test", "Re: Line", "text/plain"),
        ({"x-autoreply": "yes"}, "jana@acme.test", "Re: Line", "text/plain"),
        ({"list-id": "<news.example.test>"}, "jana@acme.test", "Re: Line", "text/plain"),
        ({"return-path": "<>"}, "jana@acme.test", "Re: Line", "text/plain"),
        ({}, "MAILER-DAEMON@mx.test", "Returned", "multipart/report"),
        ({}, "mailer-daemon@mx.test", "Hello", "text/plain"),
        ({}, "no-reply@shop.test", "Hello", "text/plain"),
        ({}, "", "Hello", "text/plain"),
        ({}, "jana@acme.test", "Automatic reply: Line down", "text/plain"),
        ({}, "jana@acme.test", "Abwesenheitsnotiz", "text/plain"),
        ({}, "jana@acme.test", "Undeliverable: Line", "text/plain"),
    ],
)
def test_m4_what_answers_by_itself(headers: dict[str, str], sender: str, subject: str, content_type: str) -> None:
    assert rules.automatic(headers, sender, subject, content_type) is not None


def test_m4_what_a_person_writes_is_no_automatic_answer() -> None:
    for headers in ({}, {"auto-submitted": "no"}, {"precedence": "normal"}, {"return-path": "<jana@acme.test>"}):
        assert rules.automatic(headers, "jana@acme.test", "Re: The automatic door", "multipart/mixed") is None


def test_m4_which_ticket_a_mail_names() -> None:
    assert rules.token_in([f"support+{TOKEN}@example.org"], "Hello") == TOKEN
    assert rules.token_in([f"SUPPORT+{TOKEN.upper()}@example.org"], "Hello") == TOKEN
    assert rules.token_in(["support@example.org"], f"Re: {rules.tagged('Line down', TOKEN)}") == TOKEN
    assert rules.token_in(["support+other@example.org"], "Re: [#short]") is None
    assert rules.reply_address("support@example.org", TOKEN) == f"support+{TOKEN}@example.org"
    assert rules.plain_subject(f"AW: Re: Fwd: Line down [#{TOKEN}]") == "Line down"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It runs.\n\nOn Thu, 26 Nov 2026 at 08:34, Petra Horn <p@x.test> wrote:\n> Restart it.", "It runs."),
        ("It runs.\n\nOn Thu, 26 Nov 2026 at 08:34, Petra Horn\n<p@x.test> wrote:\n> Restart it.", "It runs."),
        ("Läuft.\n\nAm 26.11.2026 um 08:34 schrieb Petra Horn:\n> Neu starten.", "Läuft."),
        ("Ça marche.\n\nLe jeu. 26 nov. 2026 à 08:34, Petra a écrit :\n> Bonjour", "Ça marche."),
        ("It runs.\n\n-----Original Message-----\nFrom: Petra\nRestart it.", "It runs."),
        ("It runs.\n\n________________________________\nFrom: Petra <p@x.test>\nSent: Thursday", "It runs."),
        ("It runs.\n\nFrom: Petra Horn <p@x.test>\nSent: Thursday\nTo: Jana\nSubject: Line", "It runs."),
        ("It runs.\n-- \nJana\nAcme Ltd", "It runs."),
        ("It runs.\n\n> Restart it.\n> Petra", "It runs."),
        ("On Monday we ship at noon, please hurry.", "On Monday we ship at noon, please hurry."),
        ("> Which day?\nThursday.\n> Which hour?\nOne.", "> Which day?\nThursday.\n> Which hour?\nOne."),
        ("> Only a quote", "> Only a quote"),
    ],
)
def test_m4_quotes_are_cut_for_showing_and_nothing_is_lost(text: str, said: str) -> None:
    shown, quoted = rules.parted(text)
    assert shown == said
    assert sorted(bare(f"{shown}{quoted}")) == sorted(bare(text))


def bare(text: str) -> str:
    return text.replace("\n", "").replace(" ", "")
