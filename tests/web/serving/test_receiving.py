"""Bodies are taken in by the loop, judged before their first byte, and given up when they stop coming (R19 to R21)."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from portal.config import MEGABYTE
from portal.web.serving import receiving
from portal.web.serving.receiving import Body, Broken, NoRoom, Receiving, TooSlow

FORM = "application/x-www-form-urlencoded"
UPLOAD = "multipart/form-data; boundary=x"


def run(taking: Coroutine[Any, Any, Body]) -> Body:
    """Run it in a thread of its own: tests that drive a browser leave a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, taking).result()


class Client:
    """Sends pieces as the web server hands them on, each after a pause in seconds; None: it stays silent."""

    def __init__(self, pieces: Sequence[bytes | None], pause: float = 0.0) -> None:
        self.left = list(pieces)
        self.pause = pause
        self.asked = 0

    def __aiter__(self) -> Client:
        return self

    async def __anext__(self) -> bytes:
        self.asked += 1
        if not self.left:
            raise StopAsyncIteration
        piece = self.left.pop(0)
        await asyncio.sleep(3600 if piece is None else self.pause)
        return piece or b""


@pytest.fixture
def receiver(tmp_path: Path) -> Receiving:
    settings: Any = SimpleNamespace(instance_dir=tmp_path, upload_limit_bytes=4 * MEGABYTE)
    return Receiving(settings)


def take(receiver: Receiving, client: Client, length: int | None, content_type: str = FORM) -> Body:
    headers: dict[str, str] = {"content-type": content_type}
    headers |= {"transfer-encoding": "chunked"} if length is None else {"content-length": str(length)}
    return run(receiver.receive(headers, client))


def test_a_whole_body_is_handed_on(receiver: Receiving) -> None:
    body = take(receiver, Client([b"a=1&", b"b=2"]), 7)
    assert (body.file.read(), body.length) == (b"a=1&b=2", 7)
    body.let_go()


def test_a_body_of_unknown_length_ends_with_one_empty_piece(receiver: Receiving) -> None:
    body = take(receiver, Client([b"a=1", b""]), None)
    assert (body.file.read(), body.length) == (b"a=1", 3)
    body.let_go()


def test_no_body_is_no_body(receiver: Receiving) -> None:
    client = Client([None])
    body = run(receiver.receive({}, client))
    assert (body.file.read(), body.length, client.asked) == (b"", 0, 0)


@pytest.mark.parametrize(("length", "content_type"), [(MEGABYTE + 1, FORM), (4 * MEGABYTE + 1, UPLOAD)])
def test_r20_a_body_that_is_too_long_is_not_taken_at_all(receiver: Receiving, length: int, content_type: str) -> None:
    client = Client([None])
    body = take(receiver, client, length, content_type)
    assert (body.file.read(), body.length, client.asked) == (b"", length, 0)


def test_r19_an_endless_body_is_left_as_soon_as_it_is_too_long(receiver: Receiving) -> None:
    client = Client([b"x" * 500_000] * 50)
    body = take(receiver, client, None)
    assert (body.file.read(), body.length) == (b"", 1_500_000)
    assert client.asked == 3
    assert receiver._held == receiver._in_memory == 0


def test_r19_an_upload_lies_on_the_disk(receiver: Receiving) -> None:
    body = take(receiver, Client([b"x" * 50_000] * 60), 3_000_000, UPLOAD)
    assert not isinstance(body.file, io.BytesIO)
    assert receiver._in_memory == 0
    assert body.file.read() == b"x" * 3_000_000
    body.let_go()
    assert receiver._held == 0


def test_r19_many_short_bodies_share_the_memory_there_is(receiver: Receiving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "MOST_IN_MEMORY_TOGETHER", 100_000)
    bodies = [take(receiver, Client([b"x" * 40_000]), 40_000) for _ in range(4)]
    assert [isinstance(body.file, io.BytesIO) for body in bodies] == [True, True, False, False]
    assert [len(body.file.read()) for body in bodies] == [40_000] * 4
    for body in bodies:
        body.let_go()
    assert receiver._held == receiver._in_memory == 0


def test_r21_a_client_that_falls_silent_is_given_up(receiver: Receiving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "SILENCE_SECONDS", 0.05)
    with pytest.raises(TooSlow):
        take(receiver, Client([b"a", None]), 10)
    assert receiver._held == receiver._in_memory == 0


def test_r21_a_client_that_sends_a_byte_now_and_then_is_given_up(
    receiver: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "GRACE_SECONDS", 0.1)
    client = Client([b"a"] * 1_000, pause=0.01)
    with pytest.raises(TooSlow):
        take(receiver, client, 1_000)
    assert client.asked < 1_000


@pytest.mark.parametrize(("pieces", "length"), [([b"a=1"], 10), ([b"a=1", b"", b""], 10), ([b"a=1", b"", b""], None)])
def test_r20_a_body_that_breaks_off_is_no_form(
    receiver: Receiving, pieces: list[bytes | None], length: int | None
) -> None:
    with pytest.raises(Broken):
        take(receiver, Client(pieces), length)
    assert receiver._held == receiver._in_memory == 0


def test_r21_all_uploads_together_have_so_much_room(receiver: Receiving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "_most_together", 5_000_000)
    first = take(receiver, Client([b"x" * 3_000_000]), 3_000_000, UPLOAD)
    with pytest.raises(NoRoom):
        take(receiver, Client([b"x" * 3_000_000]), 3_000_000, UPLOAD)
    first.let_go()
    take(receiver, Client([b"x" * 3_000_000]), 3_000_000, UPLOAD).let_go()


def test_r9_a_full_disk_refuses_the_upload(receiver: Receiving, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(receiver, "new_file", full)
    with pytest.raises(NoRoom):
        take(receiver, Client([b"x" * 100_000]), 100_000, UPLOAD)
    assert receiver._held == receiver._in_memory == 0
