"""Mail is read whatever wrote it, as text alone, and nothing in it is loaded."""

from __future__ import annotations

import pytest

from portal.outside import mail_in
from tests.outside import files
from tests.outside.mails import mail

PAGE = """<html><head><title>x</title><style>p{color:red}</style></head><body>
<p>Hello&nbsp;<b>Zoë</b>,</p><script>alert("script")</script><ul><li>one</li><li>two</li></ul>
<img src="https://tracker.test/pixel.png" alt="pixel"><a href="https://evil.test">here</a>
<blockquote>Restart it.<br>Petra</blockquote></body></html>"""


def test_m4_html_is_shown_as_text_without_scripts_and_pictures() -> None:
    found = mail_in.read(mail(text="", html=PAGE))
    assert found.text == "Hello Zoë,\n\n- one\n\n- two\n\nhere\n> Restart it.\n> Petra"
    assert mail_in.as_text("<p>a<script>b") == "a"
    assert mail_in.as_text("a<br/>b") == "a\nb"


def test_m4_the_plain_part_is_preferred_and_files_come_along() -> None:
    raw = mail(html=PAGE, files=((files.png(), "image/png", "router.png"), (b"MZ\x90", "application/exe", "a.exe")))
    found = mail_in.read(raw)
    assert (found.sender, found.sender_name, found.text.strip()) == ("jana@acme.test", "Jana Dvořák", "Nothing works.")
    assert [(name, file.read()) for file, name in found.files] == [("router.png", files.png()), ("a.exe", b"MZ\x90")]


def test_m4_who_is_named() -> None:
    ids = {"In_Reply_To": "<one@x.test>", "References": "<zero@x.test> <one@x.test>", "Message_ID": "<two@y.test>"}
    found = mail_in.read(mail(to='"Support" <Support+abc@Example.org>, b@example.org', Cc="c@example.org", **ids))
    assert found.recipients == ("Support+abc@Example.org", "b@example.org", "c@example.org")
    assert (found.message_id, found.named) == ("<two@y.test>", ("<one@x.test>", "<zero@x.test>", "<one@x.test>"))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"From: j@acme.test\nContent-Type: text/plain; charset=nonsense\n\nH\xc3\xa9llo", "Héllo"),
        (b"From: j@acme.test\nContent-Type: text/plain; charset=iso-8859-2\n\n\xb3\xf3d\xbc", "łódź"),
        (b"From: j@acme.test\nContent-Transfer-Encoding: base64\n\nSGVsbG8=", "Hello"),
        (b"From: j@acme.test\nContent-Type: multipart/mixed\n\nno boundary", "no boundary"),
        (b"From: \xff\xfe <j@acme.test>\nSubject: =?x?y?z?=\nContent-Type: \xff\n\nHello", "Hello"),
        (b"just words\nand more", ""),
        (b"\x00\xff\x00", ""),
        (b"".join(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" for _ in range(3000)), ""),
    ],
)
def test_m4_broken_mail_is_read_as_far_as_it_goes(raw: bytes, text: str) -> None:
    found = mail_in.read(raw)
    assert text in found.text
    assert found.message_id.startswith("<")
    assert mail_in.read(raw).message_id == found.message_id
