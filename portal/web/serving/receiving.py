"""Taking in the body of a request, however slowly it comes, before a thread is called for it (R19, R20, R21).

Nobody waits for a slow client but itself: its bytes are put aside by the loop, short ones in memory and long ones in a
file without a name. How long a body may be is judged before its first byte is taken.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Protocol

from portal.config import MEGABYTE, Settings
from portal.web.serving.bodies import most_bytes

SILENCE_SECONDS = 10.0
"""A client that sends nothing for so long is given up."""

GRACE_SECONDS, LEAST_A_SECOND = 20.0, 2048
"""After its first moments a body must have come at this pace, in bytes, or whoever sends it is given up."""

MOST_IN_MEMORY = 64 * 1024
MOST_IN_MEMORY_TOGETHER = 16 * MEGABYTE
UPLOADS_AT_ONCE = 32
"""So many uploads of the greatest length lie on the disk at once, for each web process."""


class TooSlow(Exception):
    """The body did not come in time."""


class Broken(Exception):
    """The client went away in the middle of it."""


class NoRoom(Exception):
    """Too many are sending at once, or the disk is full."""


class Headers(Protocol):
    """The headers of a request, by their names in small letters."""

    def get(self, key: str, default: Any = None) -> Any: ...

    def __contains__(self, key: str) -> bool: ...


@dataclass(slots=True)
class Body:
    """What was taken in. `length` is what the application is told: more than `file` holds when it is too long."""

    file: IO[bytes]
    length: int
    let_go: Callable[[], None]


def nothing(length: int = 0) -> Body:
    """A body that was not there, or not taken because of its length."""
    return Body(io.BytesIO(), length, lambda: None)


class Receiving:
    """Takes in the bodies of one process, and knows how much lies around."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._most_together = UPLOADS_AT_ONCE * settings.upload_limit_bytes
        self._held = 0
        self._in_memory = 0

    async def receive(self, headers: Headers, protocol: Any) -> Body:
        """The whole body of a request. Raises TooSlow, Broken and NoRoom.

        Of a body that is too long nothing is kept: the application refuses it by its length.
        """
        announced = headers.get("content-length")
        if announced is None and "transfer-encoding" not in headers:
            return nothing()
        most = most_bytes(headers.get("content-type") or "", self._settings)
        expected = None if announced is None else int(announced)
        if expected == 0 or (expected is not None and expected > most):
            return nothing(expected)
        arriving = _Arriving(self, expected, most)
        try:
            await arriving.take(protocol)
        except BaseException:
            arriving.let_go()
            raise
        if (length := arriving.length) > most:
            arriving.let_go()
            return nothing(length)
        arriving.file.seek(0)
        return Body(arriving.file, arriving.length, arriving.let_go)

    def hold(self, count: int) -> None:
        """Count bytes that are about to be kept. Raises NoRoom."""
        if self._held + count > self._most_together:
            raise NoRoom
        self._held += count

    def release(self, count: int) -> None:
        self._held -= count

    def new_file(self) -> IO[bytes]:
        """A file on the disk of the instance, which is gone when it is closed."""
        return tempfile.TemporaryFile(dir=self._settings.instance_dir)

    def may_stay_in_memory(self, length: int, more: int) -> bool:
        return length + more <= MOST_IN_MEMORY and self._in_memory + more <= MOST_IN_MEMORY_TOGETHER

    def in_memory(self, change: int) -> None:
        self._in_memory += change


class _Arriving:
    """A body that is on its way."""

    def __init__(self, receiving: Receiving, expected: int | None, most: int) -> None:
        self.file: IO[bytes] = io.BytesIO()
        self.length = 0
        self._receiving = receiving
        self._expected = expected
        self._most = most
        self._in_memory = True

    async def take(self, protocol: Any) -> None:
        """Take piece after piece until it is whole, or longer than it may be."""
        began = time.monotonic()
        pieces = protocol.__aiter__()
        empty = 0
        while self._expected is None or self.length < self._expected:
            allowed = min(SILENCE_SECONDS, GRACE_SECONDS + self.length / LEAST_A_SECOND - (time.monotonic() - began))
            try:
                async with asyncio.timeout(allowed):
                    piece = await pieces.__anext__()
            except TimeoutError:
                raise TooSlow from None
            except StopAsyncIteration:
                break
            if not piece:
                empty += 1
                continue
            self._keep(piece)
            if self.length > self._most:
                return
        # The server ends a body that broke off in two empty pieces, and one that is whole in one.
        if self.length != self._expected if self._expected is not None else empty > 1:
            raise Broken

    def _keep(self, piece: bytes) -> None:
        more = len(piece)
        try:
            if self._in_memory and not self._receiving.may_stay_in_memory(self.length, more):
                self._move_to_disk()
            self._receiving.hold(more)
            self.length += more
            if self._in_memory:
                self._receiving.in_memory(more)
            self.file.write(piece)
        except OSError as error:
            raise NoRoom from error

    def _move_to_disk(self) -> None:
        file = self._receiving.new_file()
        file.write(self.file.getvalue())  # type: ignore[attr-defined]
        self._receiving.in_memory(-self.length)
        self.file, self._in_memory = file, False

    def let_go(self) -> None:
        """Forget it. Once, on the loop."""
        self.file.close()
        self._receiving.release(self.length)
        if self._in_memory:
            self._receiving.in_memory(-self.length)
        self.length, self._in_memory = 0, False
