"""Text messages in the outbox: the same states, retries and pages as mail, by a gateway of their own (R3 to R6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from portal import create_app
from portal.actions import outbox as sending
from portal.config import BadSetting, MailServer, Settings
from portal.db import outbox
from portal.db.customers.profiles import Profile
from portal.db.engine import writes
from portal.outside import clock
from portal.outside import sms as gateways
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Refused
from portal.rules.outbox import MailState, State
from portal.rules.sentences import verbatim
from tests.conftest import settings_for
from tests.faults.mail_server import free_port
from tests.faults.test_mail import doctor_is_content, state
from tests.faults.test_mail import write as write_mail
from tests.notices import SmsGateway, sms_gateway
from tests.people import customer

NUMBER = "+441273555010"


def use(app: Flask, url: str | None) -> None:
    app.config["PORTAL_SETTINGS"] = app.config["PORTAL_SETTINGS"].model_copy(update={"sms_url": url})


@pytest.fixture
def acme(app: Flask) -> Profile:
    return customer("acme")


@writes
def write(to: Profile, text: str = "Grüße, 5 €") -> str:
    return outbox.queue_sms(purpose="blocking", to=NUMBER, subject=verbatim("Blocked"), text=text, customer_id=to.id)


def now(public_id: str) -> MailState:
    return state(public_id)


def test_a_text_message_arrives(app: Flask, acme: Profile) -> None:
    with sms_gateway() as gateway:
        use(app, gateway.url)
        one = write(acme)
        tally = sending.send_due()
        assert (tally.sent, tally.kept) == (1, 0)
        assert [(got["to"], got["message"], got["title"]) for got in gateway.arrived] == [(NUMBER, "Grüße, 5 €", "")]
    assert now(one).state is State.SENT
    assert str(now(one).sentence(clock.now())) == f"Sent to {NUMBER} at 2026-11-22T09:30:00Z."
    doctor_is_content()


def test_without_a_gateway_text_messages_are_kept_and_can_be_queued_again(app: Flask, acme: Profile) -> None:
    one = write(acme)
    assert sending.send_due().kept == 1
    assert "no SMS gateway is set up" in str(now(one).sentence(clock.now()))
    with pytest.raises(Refused, match="No SMS gateway is set up"):
        sending.queue_again(SYSTEM, one)
    with sms_gateway() as gateway:
        use(app, gateway.url)
        sending.queue_again(SYSTEM, one)
        assert sending.send_due().sent == 1


@pytest.mark.parametrize("status", [400, 422])
def test_r5_a_number_that_is_refused_fails_and_is_not_tried_again(app: Flask, acme: Profile, status: int) -> None:
    with sms_gateway() as gateway:
        use(app, gateway.url)
        gateway.status = status
        one, other = write(acme), write(acme)
        assert sending.send_due().failed == 2
    assert str(now(one).recipients[0].error) == f"The SMS gateway refuses this message ({status})."
    assert now(other).state is State.FAILED
    doctor_is_content()


@pytest.mark.parametrize("status", [401, 404, 429, 503])
def test_r3_r25_a_gateway_that_takes_nothing_is_waited_for(
    app: Flask, acme: Profile, status: int, frozen: time_machine.Traveller
) -> None:
    with sms_gateway() as gateway:
        use(app, gateway.url)
        gateway.status = status
        one, other = write(acme), write(acme)
        tally = sending.send_due()
        assert (tally.later, str(tally.server_trouble)) == (1, f"The SMS gateway takes no messages now ({status}).")
        assert len(gateway.arrived) == 1
        assert {now(one).state, now(other).state} == {State.QUEUED}
        assert now(other).due_at > clock.now()
        gateway.status = 200
        frozen.shift(timedelta(minutes=1))
        assert sending.send_due().sent == 2
    doctor_is_content()


def test_r3_each_channel_goes_on_while_the_other_is_out_of_reach(app: Flask, acme: Profile) -> None:
    settings: Settings = app.config["PORTAL_SETTINGS"]
    server = MailServer("127.0.0.1", free_port(), None, None, tls=False, starttls=False)
    app.config["PORTAL_SETTINGS"] = settings.model_copy(update={"mail_server": server})
    with sms_gateway() as gateway:
        use(app, gateway.url)
        mails, texts = [write_mail(), write_mail()], [write(acme), write(acme)]
        tally = sending.send_due()
        assert (tally.sent, tally.later, tally.stuck) == (2, 1, False)
        assert {now(one).state for one in texts} == {State.SENT}
        assert {now(one).state for one in mails} == {State.QUEUED}
    use(app, f"json://127.0.0.1:{free_port()}/?:to={{to}}")
    text = write(acme)
    tally = sending.send_due()
    assert tally.stuck
    assert str(tally.server_trouble) == "The SMS gateway cannot be reached, or refuses what it is sent."
    assert now(text).state is State.QUEUED


def test_r4_a_silent_gateway_is_left_after_its_time(app: Flask, acme: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "LONGEST_SECONDS", 0.2)
    with sms_gateway() as gateway:
        use(app, gateway.url)
        import threading

        wait = threading.Event()
        gateway.on_message = lambda: wait.wait(5) and None
        one = write(acme)
        assert sending.send_due().later == 1
        wait.set()
    assert str(now(one).error) == "The SMS gateway does not answer."


def test_sec50_the_url_of_the_gateway_is_in_no_log_and_no_sentence(
    app: Flask, acme: Profile, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with sms_gateway() as gateway:
        use(app, gateway.url)
        caplog.set_level("DEBUG")
        for gateway.status in (200, 400, 503):
            write(acme)
            sending.send_due()
    use(app, f"json://kith:sesame@127.0.0.1:{free_port()}/secret?:to={{to}}")
    one = write(acme)
    sending.send_due()
    said = capfd.readouterr()
    everything = (
        said.out + said.err + caplog.text + str(now(one).sentence(clock.now())) + repr(app.config["PORTAL_SETTINGS"])
    )
    for word in ("sesame", "/send", "/secret"):
        assert word not in everything


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("json://sms.example.org/send", "must have {to} where the phone number goes"),
        ("sms.example.org/{to}", "must be an apprise URL"),
        ("nonsense://user:sesame@host/{to}", "is not a URL that apprise knows"),
        ("twilio://{to}", "is not a URL that apprise knows"),
    ],
)
@pytest.mark.engine("sqlite")
def test_a_bad_url_stops_the_start_with_its_name_and_without_its_secret(
    url: str, problem: str, database: str, tmp_path: object
) -> None:
    with pytest.raises(BadSetting) as stop:
        create_app(settings_for(tmp_path, database, PORTAL_SMS_URL=url))  # type: ignore[arg-type]
    assert stop.value.name == "PORTAL_SMS_URL"
    assert problem in str(stop.value)
    assert "sesame" not in str(stop.value)


@pytest.mark.engine("sqlite")
def test_the_url_can_come_from_a_file(database: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    held = SmsGateway(port=9).url
    (tmp_path / "sms").write_text(f"{held}\n", encoding="utf-8")
    assert settings_for(tmp_path, database, PORTAL_SMS_URL_FILE=str(tmp_path / "sms")).sms_url == held
