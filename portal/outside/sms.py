"""Handing text messages to the SMS gateway, through apprise: one URL for whatever gateway there is.

The URL holds keys, so neither it nor anything apprise writes about it is ever shown or logged.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import apprise

from portal.config import BadSetting
from portal.outside.mail import ACCEPTED, Dropped, ServerTrouble, Verdict
from portal.rules.sentences import say

PLACE = "{to}"
LONGEST_SECONDS = 60
"""However slowly a gateway drips its answer, one message is waited for no longer: less than its lease."""

SOCKET_SECONDS = 20
"""How long the gateway may take to connect, and to say the next word, unless the URL sets `cto` and `rto` itself."""

REFUSALS = frozenset({400, 410, 413, 422})
"""Answers that are about the one message. Any other means that the gateway as a whole is not to be used now."""

_SAMPLE = "+441632960001"
_ASSET = apprise.AppriseAsset(
    app_id="Kith", app_desc="Kith", app_url="", async_mode=False, secure_logging=True, storage_mode="memory"
)
_ERROR = re.compile(r"error=(\d{3})\b")

with warnings.catch_warnings():
    # Some of its many plugins import what Python gives up. All are loaded here, once, and not while a message waits.
    warnings.simplefilter("ignore")
    apprise.Apprise().details()

_quiet = logging.getLogger("apprise")
_quiet.propagate = False
_quiet.setLevel(logging.WARNING)  # what it says below that quotes addresses, numbers and texts
for _name in ("urllib3", "requests", "requests_oauthlib"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


def check(url: str) -> None:
    """Raise BadSetting for a PORTAL_SMS_URL that cannot be used, without quoting it."""
    if wrong := _problem(url):
        raise BadSetting("PORTAL_SMS_URL", wrong)


def _problem(url: str) -> str:
    if "://" not in url:
        return "must be an apprise URL, such as jsons://user:password@sms.example.org/send?:to={to}."
    if PLACE not in url:
        return "must have {to} where the phone number goes."
    if _service(url, _SAMPLE) is None:
        return "is not a URL that apprise knows. Look its service up in apprise’s documentation."
    return ""


class Gateway:
    """The SMS gateway of the installation."""

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, number: str, text: str) -> Verdict:
        """Hand in one message for a number with its country code; the gateway's answer.

        Raises ServerTrouble when the gateway cannot be used now, and Dropped when it stays silent over this message.
        """
        service = _service(self._url, number)
        if service is None:
            raise ServerTrouble(say("The SMS gateway’s address cannot be used with this number."))
        answer: list[tuple[bool, int | None]] = []
        worker = threading.Thread(target=lambda: answer.append(_notified(service, text)), daemon=True)
        worker.start()
        worker.join(LONGEST_SECONDS)
        if not answer:
            raise Dropped(say("The SMS gateway does not answer."))
        accepted, code = answer[0]
        if accepted:
            return ACCEPTED
        if code in REFUSALS:
            return Verdict(550, say("The SMS gateway refuses this message ({code}).", code=str(code)))
        if code is not None:
            raise ServerTrouble(say("The SMS gateway takes no messages now ({code}).", code=str(code)))
        raise ServerTrouble(say("The SMS gateway cannot be reached, or refuses what it is sent."))


def _notified(service: Any, text: str) -> tuple[bool, int | None]:
    """Whether the service took a text, and the HTTP status with which it did not, where it names one."""
    with _listening() as heard:
        try:
            accepted = bool(service.notify(body=text, title="", body_format=apprise.NotifyFormat.TEXT))
        except Exception:  # whatever a plugin stumbles over may quote the URL
            accepted = False
    return accepted, heard[-1] if heard else None


@contextmanager
def _listening() -> Iterator[list[int]]:
    """The HTTP statuses that apprise reports from this thread meanwhile: it tells of them in its log only."""
    heard: list[int] = []
    here = threading.get_ident()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == here:
                heard.extend(int(code) for code in _ERROR.findall(record.getMessage()))

    ear = Ear(logging.WARNING)
    _quiet.addHandler(ear)
    try:
        yield heard
    finally:
        _quiet.removeHandler(ear)


def _service(url: str, number: str) -> Any:
    """The gateway as apprise sees it for one number, or None."""
    filled = url.replace(PLACE, quote(number, safe=""))
    given = parse_qs(urlsplit(filled).query, keep_blank_values=True)
    limits = "&".join(f"{name}={SOCKET_SECONDS}" for name in ("cto", "rto") if name not in given)
    if limits:
        filled += ("&" if "?" in filled else "?") + limits
    return apprise.Apprise.instantiate(filled, asset=_ASSET, suppress_exceptions=True)
