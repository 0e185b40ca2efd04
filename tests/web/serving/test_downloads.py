"""Names of downloads: every letter and mark, nothing that breaks a header (SEC49, RFC 6266)."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from portal.actions.statements.names import plain_file_name
from portal.web.serving.downloads import disposition


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("statement-पुणे-शाखा-2026-11.pdf", "statement-पुणे-शाखा-2026-11.pdf"),
        ("株" * 200 + ".pdf", "株" * 83 + ".pdf"),
        ('a"b\x1b[2J\r\nSet-Cookie: x.pdf', "a-b-[2J-Set-Cookie- x.pdf"),
        ("half \ud800 of a pair.csv", "half  of a pair.csv"),
    ],
)
def test_sec49_a_download_keeps_every_letter_of_its_name(name: str, kept: str) -> None:
    header = disposition(name)
    assert header.isascii()
    assert header.isprintable()
    plain, _, own = header.removeprefix('attachment; filename="').partition("\"; filename*=UTF-8''")
    assert plain == plain_file_name(kept)
    assert unquote(own) == kept
