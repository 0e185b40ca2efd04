"""Where requests come in: the web server's own interface (RSGI) in front of the application (R21).

The web server reads requests and writes answers without Python. A small loop takes in bodies, with deadlines, and
only what is whole gets a thread. So clients that are slow, silent or many hold up nobody but themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import IO, TYPE_CHECKING, Any

import structlog
from markupsafe import escape

from portal.config import Settings
from portal.rules.sentences import Sentence, say
from portal.web.errors import PLAIN_PAGE
from portal.web.serving import receiving
from portal.web.serving.answering import answer
from portal.web.serving.assets import PREFIX as ASSETS
from portal.web.serving.headers import SAFE_METHODS
from portal.web.serving.lanes import Kind, Lanes
from portal.web.serving.receiving import Body, Receiving

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LOOK_SECONDS = 0.5
OPENED_SECONDS = 10.0
"""A file on its way was opened by the web server long before, and can be closed on our side."""

TOO_SLOW = say("The rest of the request did not come in time. Nothing was done; please try again.")
OCCUPIED = say("The system is busy with another change. Nothing was done; please try again in a moment.")
NO_ROOM = say("Too much is being uploaded at the moment. Nothing was done; please try again in a moment.")
FAULT = say("Something went wrong on our side. Nothing is lost by trying again.")
RETRY_SECONDS = 5
TITLES = {
    408: say("That took too long"),
    500: say("Something went wrong on our side"),
    503: say("Busy for a moment"),
}

log = structlog.get_logger("portal.web")


class Gate:
    """Serves `application` by RSGI, with the threads that `settings` ask for and one for what needs no database.

    What reads from paths like `heavy` makes large files.
    """

    def __init__(self, application: WSGIApplication, settings: Settings, heavy: re.Pattern[str]) -> None:
        self._application = application
        self._heavy = heavy
        self._folder = settings.instance_dir
        self._receiving = Receiving(settings)
        self._lanes = Lanes(settings.web_threads)
        self._quick = Lanes(1)
        self._loop: asyncio.AbstractEventLoop | None = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """In the web server's process, before its first request."""
        self._loop = loop
        for lanes in (self._lanes, self._quick):
            lanes.start()
        loop.call_soon(self._look)

    def _look(self) -> None:
        """Tell those who have waited too long for a thread."""
        assert self._loop is not None
        for lanes in (self._lanes, self._quick):
            lanes.expire()
        self._loop.call_later(LOOK_SECONDS, self._look)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        path = scope.path
        if scope.method in SAFE_METHODS:
            kind = Kind.HEAVY if self._heavy.match(path) else Kind.READING
            body = receiving.nothing()
        else:
            kind = Kind.CHANGING
            try:
                body = await self._receiving.receive(scope.headers, protocol)
            except (receiving.TooSlow, receiving.Broken):
                return refuse(protocol, 408, TOO_SLOW)
            except receiving.NoRoom:
                return refuse(protocol, 503, NO_ROOM)
        assert self._loop is not None
        request = _Request(self, scope, protocol, body, kind, self._loop.create_future())
        lanes = self._quick if path == "/healthz" or path.startswith(ASSETS) else self._lanes
        try:
            if lanes.submit(request):
                await request.done
            else:
                refuse(protocol, 503, OCCUPIED)
        finally:
            body.let_go()
        return None

    def work(self, request: _Request) -> None:
        """In a thread: have the application answer, and say so."""
        file = None
        try:
            file = answer(self._application, request.scope, request.body, request.protocol, folder=self._folder)
        except BaseException as error:
            log.error("fault", exc_info=error)
            refuse(request.protocol, 500, FAULT)
        finally:
            with contextlib.suppress(RuntimeError):  # the loop is gone, and so is whoever waited
                assert self._loop is not None
                self._loop.call_soon_threadsafe(self._finish, request, file)

    def _finish(self, request: _Request, file: IO[bytes] | None) -> None:
        if not request.done.done():
            request.done.set_result(None)
        if file is not None:
            assert self._loop is not None
            self._loop.call_later(OPENED_SECONDS, file.close)


class _Request:
    """A request with its whole body, on its way through the lanes."""

    __slots__ = ("_gate", "body", "done", "kind", "protocol", "scope")

    def __init__(
        self, gate: Gate, scope: Any, protocol: Any, body: Body, kind: Kind, done: asyncio.Future[None]
    ) -> None:
        self._gate = gate
        self.scope = scope
        self.protocol = protocol
        self.body = body
        self.kind = kind
        self.done = done

    def run(self) -> None:
        self._gate.work(self)

    def give_up(self) -> None:
        refuse(self.protocol, 503, OCCUPIED)
        if not self.done.done():
            self.done.set_result(None)


def refuse(protocol: Any, status: int, sentence: Sentence) -> None:
    """A short answer of our own, where no thread is to be had for a page."""
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    if status == 503:
        headers.append(("Retry-After", str(RETRY_SECONDS)))
    if status == 408:
        headers.append(("Connection", "close"))
    page = PLAIN_PAGE.format(title=escape(str(TITLES[status])), text=escape(str(sentence)))
    protocol.response_str(status, headers, page)
