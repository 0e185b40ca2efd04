"""Signing in, sessions, passwords, invitations and activation, as actions."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import Update, event, select, text, update

from portal.actions import logins
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.engine import db, writes
from portal.db.logins import sessions as session_rows
from portal.db.tables import EmailedToken, Login, LoginSession, Partner, SignInTry
from portal.outside import clock, passwords
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Conflict, Invalid, Missing, NotAllowed, PortalError, Refused, TooMany
from portal.rules.holders import Role
from portal.rules.permissions import Permission
from portal.rules.scopes import ALL_SCOPES, Scope
from tests import people
from tests.logins import (
    HERE,
    administrator,
    link_in,
    login,
    mails,
    recipients,
    resume,
    sessions,
    set_status,
    sign_in,
    signed_in,
    token_in,
)
from tests.people import PASSWORD

NEW = "tram owl brick lantern"
Clock = time_machine.Traveller

pytestmark = pytest.mark.usefixtures("app")


def scalar(query: object) -> object:
    db.session.rollback()
    return db.session.scalar(query)  # type: ignore[call-overload]


@writes
def carry_out(statement: Update) -> None:
    """Change rows as no action would."""
    db.session.execute(statement)


# Signing in


def test_signing_in_tells_who_it_is() -> None:
    acme = people.customer("acme", name="Acme Ltd")
    login(acme, "dana@acme.example", scopes=(Scope.VIEW, Scope.FINANCE))
    me = signed_in("  Dana@Acme.example ")
    assert (me.name, me.email, me.customer_name) == ("Dana Novák", "dana@acme.example", "Acme Ltd")
    assert (me.customer_public_id, me.partner_name, me.time_zone) == (acme.public_id, "Harbour Net", "Europe/Prague")
    assert me.actor.customer_id == acme.id
    assert me.actor.partner_id == acme.partner_id
    assert me.actor.scopes == {Scope.VIEW, Scope.FINANCE}
    assert not me.is_staff
    assert not me.actor.is_staff


def test_an_administrator_carries_role_and_partner() -> None:
    partner_id = people.partner("Harbour Net")
    administrator("desk@kith.example", Role.FRONT_OF_HOUSE, partner_id)
    me = signed_in("desk@kith.example")
    assert me.is_staff
    assert me.actor.role is Role.FRONT_OF_HOUSE
    assert me.actor.partner_id == partner_id
    assert me.actor.has(Permission.CUSTOMERS_INVITE)
    assert not me.actor.has(Permission.SUB_ACCOUNTS_LINK)
    assert me.customer_name is None
    assert me.partner_name == "Harbour Net"


def failing_people() -> list[tuple[str, str]]:
    """Everybody who may not sign in, with the password they try."""
    acme = people.customer("acme")
    login(acme, "right@acme.example")
    login(acme, "disabled@acme.example")
    login(people.customer("gone", own_status="inactive"), "inactive@acme.example")
    people.customer("under")
    people.customer("over")
    people.link("over", "under")
    under = customers.by_reference("under")
    over = customers.by_reference("over")
    assert under is not None
    assert over is not None
    login(under, "imposed@acme.example")
    set_status(over, "inactive")
    carry_out(update(Login).where(Login.email == "disabled@acme.example").values(disabled_at=clock.now()))
    logins.create_administrator(SYSTEM, email="new@kith.example", name="Not Yet", role="operations")
    return [
        ("nobody@acme.example", PASSWORD),
        ("right@acme.example", "wrong password"),
        ("right@acme.example", PASSWORD + " "),
        ("right@acme.example", "x" * 5000),
        ("disabled@acme.example", PASSWORD),
        ("inactive@acme.example", PASSWORD),
        ("imposed@acme.example", PASSWORD),
        ("new@kith.example", "nobody has this password"),
        ("no address at all \x00", ""),
    ]


def test_sec16_one_answer_and_the_same_work_for_every_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    real = PasswordHasher.verify
    monkeypatch.setattr(
        "argon2.PasswordHasher.verify", lambda self, stored, given: checked.append(stored) or real(self, stored, given)
    )
    for email, password in failing_people():
        checked.clear()
        with pytest.raises(Invalid) as caught:
            sign_in(email, password)
        assert str(caught.value) == str(logins.FAILED)
        assert list(caught.value.fields) == [""]
        assert len(checked) == 1
        assert checked[0].startswith("$argon2id$")
    assert sessions() == []


def test_new_and_blocked_customers_sign_in() -> None:
    for status in ("new", "blocked"):
        login(people.customer(f"a-{status}", own_status=status), f"{status}@acme.example")
        assert signed_in(f"{status}@acme.example").email == f"{status}@acme.example"


def test_sec15_hashes_are_renewed_when_parameters_rise(app: Flask) -> None:
    login(people.customer("acme"), "dana@acme.example")
    old = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    carry_out(update(Login).values(password_hash=old))
    changed = scalar(select(Login.password_changed_at))
    sign_in("dana@acme.example")
    stored = str(scalar(select(Login.password_hash)))
    assert "m=8,t=1" in stored
    assert passwords.verify(stored, PASSWORD)
    assert scalar(select(Login.password_changed_at)) == changed
    sign_in("dana@acme.example")


def test_sec17_tries_on_one_account_slow_down_and_never_lock_it(frozen: Clock) -> None:
    login(people.customer("acme"), "dana@acme.example")
    for _ in range(5):
        with pytest.raises(Invalid):
            sign_in("dana@acme.example", "wrong")
    with pytest.raises(TooMany) as caught:
        sign_in("dana@acme.example")
    assert caught.value.retry_after == 15
    assert "try again in a minute" in str(caught.value)
    frozen.shift(15)
    assert sign_in("dana@acme.example")
    with pytest.raises(Invalid):
        sign_in("dana@acme.example", "wrong")
    assert sign_in("dana@acme.example"), "success forgets what was before"


def test_sec17_trying_during_a_pause_does_not_make_it_longer(frozen: Clock) -> None:
    login(people.customer("acme"), "dana@acme.example")
    for _ in range(40):
        with pytest.raises((Invalid, TooMany)):
            sign_in("dana@acme.example", "wrong")
    frozen.shift(15)
    assert sign_in("dana@acme.example")


def test_sec17_the_longest_pause_is_a_quarter_of_an_hour(frozen: Clock) -> None:
    login(people.customer("acme"), "dana@acme.example")
    longest = 0
    for _ in range(30):
        try:
            sign_in("dana@acme.example", "wrong")
        except TooMany as error:
            longest = max(longest, error.retry_after)
            frozen.shift(error.retry_after)
        except Invalid:
            pass
    assert longest == 900
    frozen.shift(900)
    assert sign_in("dana@acme.example")


def test_sec17_unknown_accounts_and_one_address_are_slowed_alike(frozen: Clock) -> None:
    answers = [outcome("nobody@acme.example") for _ in range(6)]
    login(people.customer("acme"), "dana@acme.example")
    assert answers == [outcome("dana@acme.example") for _ in range(6)]
    frozen.shift(timedelta(days=2))
    kinds = [outcome(f"somebody{n}@acme.example")[0] for n in range(41)]
    assert kinds == ["Invalid"] * 40 + ["TooMany"]
    with pytest.raises(Invalid):
        logins.sign_in("dana@acme.example", "wrong", address="198.51.100.1", browser="")


def guess(email: str, address: str, times: int, known: logins.KnownBrowser = logins.NO_BROWSER) -> None:
    """Wrong passwords from one address, waiting for nothing."""
    for _ in range(times):
        with pytest.raises((Invalid, TooMany)):
            logins.sign_in(email, "wrong", address=address, browser="", known=known)


def test_sec59_a_stranger_does_not_shut_an_account() -> None:
    dana = login(people.customer("acme"), "dana@acme.example")
    for number in range(20):
        guess("dana@acme.example", f"198.51.100.{number}", 7)
    assert logins.sign_in("dana@acme.example", PASSWORD, address="203.0.113.5", browser="")
    with pytest.raises(TooMany):
        logins.sign_in("dana@acme.example", PASSWORD, address="198.51.100.3", browser="")
    known = logins.KnownBrowser("her tablet", frozenset({public_id_of(dana)}))
    assert logins.sign_in("dana@acme.example", PASSWORD, address="198.51.100.3", browser="", known=known)


def test_sec59_a_browser_is_known_to_those_alone_who_signed_in_there(frozen: Clock) -> None:
    login(people.customer("acme"), "dana@acme.example")
    petra = login(people.customer("beta"), "petra@beta.example")
    theirs = logins.KnownBrowser("of petra", frozenset({public_id_of(petra)}))
    guess("dana@acme.example", "198.51.100.3", 5, theirs)
    with pytest.raises(TooMany):
        logins.sign_in("dana@acme.example", PASSWORD, address="198.51.100.3", browser="", known=theirs)
    guess("petra@beta.example", "198.51.100.3", 5, theirs)
    with pytest.raises(TooMany):
        logins.sign_in("petra@beta.example", PASSWORD, address="203.0.113.9", browser="", known=theirs)
    assert logins.sign_in("petra@beta.example", PASSWORD, address="203.0.113.9", browser="")


def test_sec59_the_typos_of_an_office_keep_nobody_out(frozen: Clock) -> None:
    staff = [f"person{number}@acme.example" for number in range(9)]
    acme = people.customer("acme")
    for email in staff:
        login(acme, email)
    for day in range(30):
        for hour in range(4):
            first, second = staff[(day * 4 + hour) % 9], staff[(day * 4 + hour + 3) % 9]
            guess(first, "192.0.2.1", 2)
            for email in (first, second):
                assert logins.sign_in(email, PASSWORD, address="192.0.2.1", browser=""), (day, hour, email)
            frozen.shift(timedelta(hours=2))
        frozen.shift(timedelta(hours=16))


def test_sec59_a_right_password_is_no_failure_of_its_network(frozen: Clock) -> None:
    login(people.customer("acme"), "dana@acme.example")
    for _ in range(60):
        assert logins.sign_in("dana@acme.example", PASSWORD, address="192.0.2.1", browser="")
    kinds = [outcome(f"nobody{n}@acme.example")[0] for n in range(40)]
    assert kinds == ["Invalid"] * 40


def test_sec59_who_comes_in_forgives_nobody_elsewhere(frozen: Clock) -> None:
    login(people.customer("acme"), "dana@acme.example")
    guess("dana@acme.example", "198.51.100.3", 5)
    assert logins.sign_in("dana@acme.example", PASSWORD, address="203.0.113.5", browser="")
    with pytest.raises(TooMany):
        logins.sign_in("dana@acme.example", PASSWORD, address="198.51.100.3", browser="")


def public_id_of(actor: Actor) -> str:
    return str(scalar(select(Login.public_id).where(Login.id == actor.login_id)))


def outcome(email: str) -> tuple[str, str]:
    with pytest.raises(PortalError) as caught:
        sign_in(email, "wrong")
    return type(caught.value).__name__, str(caught.value)


def test_sec17_what_is_stored_of_tries_shows_nobody() -> None:
    with pytest.raises(Invalid):
        sign_in("dana@acme.example", "wrong")
    keys = [row.key for row in db.session.scalars(select(SignInTry))]
    assert len(keys) == 2
    assert all(len(key) == 64 and "dana" not in key for key in keys)


# Sessions


def test_sec27_only_the_hash_of_a_long_random_token_is_stored() -> None:
    login(people.customer("acme"), "dana@acme.example")
    token = sign_in("dana@acme.example")
    assert len(token) >= 43
    assert token not in str([vars(row) for row in sessions()])


def test_sec27_signing_in_again_replaces_the_session_of_that_browser() -> None:
    login(people.customer("acme"), "dana@acme.example")
    first = sign_in("dana@acme.example")
    second = logins.sign_in("dana@acme.example", PASSWORD, replacing=first, **HERE)
    assert resume(first) is None
    assert resume(second) is not None
    assert first != second


def test_resuming_takes_one_query() -> None:
    login(people.customer("acme"), "dana@acme.example")
    token = sign_in("dana@acme.example")
    statements: list[str] = []

    def listener(*args: object) -> None:
        statements.append(str(args[2]))

    event.listen(db.engine, "before_cursor_execute", listener)
    resume(token)
    event.remove(db.engine, "before_cursor_execute", listener)
    assert len([one for one in statements if not one.startswith(("BEGIN", "PRAGMA"))]) == 1


def test_sec28_an_idle_session_ends(frozen: Clock) -> None:
    login(people.customer("acme"), "dana@acme.example")
    token = sign_in("dana@acme.example")
    for _ in range(4):
        frozen.shift(timedelta(minutes=29))
        assert resume(token) is not None
    frozen.shift(timedelta(minutes=30))
    assert resume(token) is None
    frozen.shift(timedelta(minutes=-10))
    assert resume(token) is None, "it stays ended"


def test_sec28_no_session_lives_longer_than_its_lifetime(frozen: Clock) -> None:
    login(people.customer("acme"), "dana@acme.example")
    token = sign_in("dana@acme.example")
    for _ in range(35):
        frozen.shift(timedelta(minutes=20))
        assert resume(token) is not None
    frozen.shift(timedelta(minutes=20))
    assert resume(token) is None


def test_a_session_is_noted_as_seen_at_most_once_a_minute(frozen: Clock) -> None:
    login(people.customer("acme"), "dana@acme.example")
    token = sign_in("dana@acme.example")
    begin = sessions()[0].seen_at
    frozen.shift(59)
    resume(token)
    assert sessions()[0].seen_at == begin
    frozen.shift(1)
    resume(token)
    assert sessions()[0].seen_at == begin + timedelta(seconds=60)


def test_sec29_signing_out_disabling_and_inactivity_kill_a_session() -> None:
    acme = people.customer("acme")
    login(acme, "dana@acme.example")
    desk = administrator("desk@kith.example", Role.FRONT_OF_HOUSE)
    out, disabled, inactive = (sign_in("dana@acme.example") for _ in range(3))
    logins.sign_out(out)
    assert resume(out) is None
    line = logins.logins_of(desk, acme.public_id)[0]
    logins.disable_login(desk, line.public_id)
    assert resume(disabled) is None
    logins.enable_login(desk, line.public_id)
    assert resume(disabled) is None, "enabling revives no session"
    inactive = sign_in("dana@acme.example")
    set_status(acme, "inactive")
    assert resume(inactive) is None
    set_status(acme, "active")
    assert resume(inactive) is None, "nor does activating"


def test_sec30_noting_a_session_as_seen_cannot_revive_it(frozen: Clock) -> None:
    login(people.customer("acme"), "dana@acme.example")
    token = sign_in("dana@acme.example")
    found = session_rows.by_token(token)
    assert found is not None
    db.session.rollback()
    logins.sign_out(token)
    ended = sessions()[0].ended_at
    frozen.shift(90)
    assert not session_rows.touch(found[0].id, clock.now())
    assert sessions()[0].ended_at == ended
    assert sessions()[0].seen_at < clock.now()
    assert resume(token) is None


@pytest.mark.engine("sqlite")
def test_a_busy_database_keeps_nobody_waiting(frozen: Clock) -> None:
    login(people.customer("acme"), "dana@acme.example")
    token = sign_in("dana@acme.example")
    frozen.shift(120)
    db.session.rollback()
    with db.engine.connect() as other:
        other = other.execution_options(writes=True)
        other.execute(text("UPDATE customer SET name = 'held'"))
        assert resume(token) is not None
        db.session.rollback()
    assert resume(token) is not None
    assert sessions()[0].seen_at.minute == 32


def test_sec32_people_list_and_end_their_own_sessions_only() -> None:
    acme = people.customer("acme")
    login(acme, "dana@acme.example")
    login(acme, "other@acme.example")
    me, other = signed_in("dana@acme.example"), signed_in("other@acme.example")
    second = sign_in("dana@acme.example")
    lines = logins.my_sessions(me)
    assert len(lines) == 2
    assert [line.public_id for line in lines if line.is_this] == [me.session_public_id]
    with pytest.raises(Missing):
        logins.end_session(me, other.session_public_id)
    assert logins.end_other_sessions(me) == 1
    assert resume(second) is None
    assert logins.end_session(me, me.session_public_id) is True
    assert logins.end_session(me, me.session_public_id) is True, "pressing twice does no harm"
    assert logins.my_sessions(other)


# Passwords


def test_changing_the_password_ends_every_other_session_and_tells_its_owner() -> None:
    acme = people.customer("acme")
    login(acme, "dana@acme.example")
    token = sign_in("dana@acme.example")
    me, other = resume(token), sign_in("dana@acme.example")
    assert me is not None
    fresh = logins.change_password(me, PASSWORD, NEW, **HERE)
    assert resume(token) is None
    assert resume(other) is None
    assert resume(fresh) is not None
    assert sign_in("dana@acme.example", NEW)
    notice = mails()[-1]
    assert (notice.purpose, recipients(notice)) == ("password_changed", ["dana@acme.example"])
    assert "22 Nov 2026, 10:30" in notice.text
    assert NEW not in notice.text
    assert not notice.secret
    assert str(audit.for_subject(acme.id)[0].text) == "Changed the password"


def test_the_current_password_is_required_and_guessing_it_is_slowed() -> None:
    login(people.customer("acme"), "dana@acme.example")
    me = signed_in("dana@acme.example")
    for _ in range(5):
        with pytest.raises(Invalid) as caught:
            logins.change_password(me, "wrong", NEW, **HERE)
        assert list(caught.value.fields) == ["current_password"]
    with pytest.raises(TooMany):
        logins.change_password(me, PASSWORD, NEW, **HERE)
    assert sign_in("dana@acme.example", PASSWORD)


def test_sec14_context_words_come_from_the_person_and_its_customer() -> None:
    login(people.customer("acme", name="Brickworks Ltd"), "dana@acme.example")
    me = signed_in("dana@acme.example")
    for password in ("Brickworks-26", "dana-novak-1", "short", "password1"):
        with pytest.raises(Invalid) as caught:
            logins.change_password(me, PASSWORD, password, **HERE)
        assert list(caught.value.fields) == ["password"]


def test_sec21_a_reset_sets_the_password_ends_every_session_and_begins_none(frozen: Clock) -> None:
    login(people.customer("acme"), "dana@acme.example")
    token = sign_in("dana@acme.example")
    logins.request_reset("Dana@acme.example", address="192.0.2.7")
    mail = mails()[-1]
    assert recipients(mail) == ["dana@acme.example"]
    assert mail.secret
    assert "22 Nov 2026, 11:30" in mail.text
    count = len(sessions())
    logins.reset_password(token_in(mail), NEW)
    assert resume(token) is None
    assert len(sessions()) == count
    assert mails()[-1].purpose == "password_changed"
    assert sign_in("dana@acme.example", NEW)
    with pytest.raises(Conflict):
        logins.reset_password(token_in(mail), "another one entirely")


def test_sec22_tokens_are_long_hashed_expiring_and_superseded(frozen: Clock) -> None:
    login(people.customer("acme"), "dana@acme.example")
    for _ in range(2):
        logins.request_reset("dana@acme.example", address="192.0.2.7")
    first, second = (token_in(mail) for mail in mails())
    assert len(first) >= 43
    stored = [row.token_hash for row in db.session.scalars(select(EmailedToken))]
    assert first not in stored
    assert second not in stored
    assert logins.look_at("reset", first).state == "replaced"
    with pytest.raises(Conflict):
        logins.reset_password(first, NEW)
    frozen.shift(timedelta(hours=1))
    assert logins.look_at("reset", second).state == "expired"
    with pytest.raises(Conflict):
        logins.reset_password(second, NEW)
    assert sign_in("dana@acme.example", PASSWORD)


def test_sec23_looking_at_a_link_changes_nothing() -> None:
    login(people.customer("acme"), "dana@acme.example")
    logins.request_reset("dana@acme.example", address="192.0.2.7")
    token = token_in(mails()[-1])
    for _ in range(3):
        assert logins.look_at("reset", token).works
    with pytest.raises(Missing):
        logins.look_at("invitation", token)
    with pytest.raises(Missing):
        logins.look_at("reset", "made up")


def test_sec16_nobody_learns_from_a_reset_who_exists() -> None:
    login(people.customer("gone", own_status="inactive"), "inactive@acme.example")
    for email in ("nobody@acme.example", "inactive@acme.example"):
        logins.request_reset(email, address="192.0.2.7")
    assert mails() == []
    assert scalar(select(EmailedToken.id)) is None


def test_sec17_resets_are_slowed_alike_for_everybody(frozen: Clock) -> None:
    login(people.customer("acme"), "dana@acme.example")
    for email in ("dana@acme.example", "nobody@acme.example"):
        for _ in range(3):
            logins.request_reset(email, address="192.0.2.7")
        with pytest.raises(TooMany) as caught:
            logins.request_reset(email, address="192.0.2.7")
        assert caught.value.retry_after == 15
    assert len(mails()) == 3


def test_a_reset_ends_the_pause_after_failed_tries() -> None:
    login(people.customer("acme"), "dana@acme.example")
    for _ in range(5):
        with pytest.raises(Invalid):
            sign_in("dana@acme.example", "wrong")
    logins.request_reset("dana@acme.example", address="192.0.2.7")
    logins.reset_password(token_in(mails()[-1]), NEW)
    assert sign_in("dana@acme.example", NEW)


# Invitations (C2)


def test_c2_an_invitation_makes_a_login_with_its_scopes() -> None:
    acme = people.customer("acme", name="Acme Ltd")
    desk = administrator("desk@kith.example", Role.FRONT_OF_HOUSE)
    sent = logins.invite_login(desk, acme.public_id, "Books@acme.example", " Bo  Keeper ", {Scope.VIEW, Scope.FINANCE})
    assert (sent.email, sent.name, sent.expired) == ("books@acme.example", "Bo Keeper", False)
    assert str(sent.powers) == "See details and services, see finances"
    mail = mails()[-1]
    assert mail.subject == "Harbour Net invites you to the portal"
    assert mail.secret
    for part in ("Acme Ltd", "See finances", "29 Nov 2026, 10:30", "books@acme.example"):
        assert part in mail.text
        assert part in mail.html
    opened = logins.look_at("invitation", token_in(mail))
    assert (opened.inviter, opened.customer, opened.email) == ("Harbour Net", "Acme Ltd", "books@acme.example")
    logins.accept("invitation", token_in(mail), NEW)
    assert sessions() == []
    me = signed_in("books@acme.example", NEW)
    assert me.actor.scopes == {Scope.VIEW, Scope.FINANCE}
    assert me.customer_name == "Acme Ltd"
    assert logins.invitations_of(desk, acme.public_id) == []
    assert [line.email for line in logins.logins_of(desk, acme.public_id)] == ["books@acme.example"]
    assert [line.action for line in audit.for_subject(acme.id)] == ["login.invitation", "login.invite"]
    with pytest.raises(Conflict):
        logins.accept("invitation", token_in(mail), NEW)


def test_ux15_invitations_are_resent_and_revoked(frozen: Clock) -> None:
    acme = people.customer("acme")
    desk = administrator("desk@kith.example", Role.FRONT_OF_HOUSE)
    sent = logins.invite_login(desk, acme.public_id, "a@acme.example", "A Person")
    frozen.shift(timedelta(days=1))
    again = logins.resend_invitation(desk, sent.public_id)
    assert [one.public_id for one in logins.invitations_of(desk, acme.public_id)] == [again.public_id]
    first, second = (token_in(mail) for mail in mails())
    assert logins.look_at("invitation", first).state == "replaced"
    assert logins.look_at("invitation", second).works
    with pytest.raises(Conflict):
        logins.resend_invitation(desk, sent.public_id)
    logins.revoke_invitation(desk, again.public_id)
    assert logins.invitations_of(desk, acme.public_id) == []
    with pytest.raises(Conflict):
        logins.accept("invitation", second, NEW)


def test_ux15_an_expired_invitation_is_renewed_once_to_the_same_address(frozen: Clock) -> None:
    acme = people.customer("acme")
    desk = administrator("desk@kith.example", Role.FRONT_OF_HOUSE)
    logins.invite_login(desk, acme.public_id, "a@acme.example", "A Person", {Scope.VIEW})
    token = token_in(mails()[-1])
    with pytest.raises(Conflict):
        logins.renew_invitation(token, address="192.0.2.7")
    frozen.shift(timedelta(days=7))
    assert logins.look_at("invitation", token).state == "expired"
    assert logins.invitations_of(desk, acme.public_id)[0].expired
    logins.renew_invitation(token, address="192.0.2.7")
    assert recipients(mails()[-1]) == ["a@acme.example"]
    assert len(mails()) == 2
    with pytest.raises(Conflict):
        logins.renew_invitation(token, address="192.0.2.7")
    logins.accept("invitation", token_in(mails()[-1]), NEW)
    assert signed_in("a@acme.example", NEW).actor.scopes == {Scope.VIEW}


def test_what_an_invitation_needs() -> None:
    acme = people.customer("acme")
    desk = administrator("desk@kith.example", Role.FRONT_OF_HOUSE)
    login(acme, "dana@acme.example")
    with pytest.raises(Invalid) as caught:
        logins.invite_login(desk, acme.public_id, "not an address", " ")
    assert set(caught.value.fields) == {"email", "name"}
    with pytest.raises(Invalid) as caught:
        logins.invite_login(desk, acme.public_id, "DANA@acme.example", "Dana")
    assert "signs in to the portal already" in str(caught.value)
    with pytest.raises(Invalid) as caught:
        logins.invite_login(desk, acme.public_id, "new@acme.example", "New", [])
    assert set(caught.value.fields) == {"scopes"}
    with pytest.raises(Invalid):
        logins.invite_login(desk, acme.public_id, "a@acme.example\nBcc: b@acme.example", "New")
    gone = people.customer("gone", own_status="inactive")
    with pytest.raises(Refused) as refused:
        logins.invite_login(desk, gone.public_id, "new@acme.example", "New")
    assert refused.value.reasons[0].rule == "C1"
    assert mails() == []


def test_only_staff_of_the_right_partner_invite() -> None:
    acme = people.customer("acme")
    elsewhere = administrator("elsewhere@kith.example", Role.ADMINISTRATOR, people.partner("Other Partner"))
    operations = administrator("operations@kith.example", Role.OPERATIONS)
    customer = login(acme, "dana@acme.example")
    for actor, error in ((elsewhere, Missing), (customer, Missing), (operations, NotAllowed)):
        with pytest.raises(error):
            logins.invite_login(actor, acme.public_id, "a@acme.example", "A Person")
        with pytest.raises(error):
            logins.invitations_of(actor, acme.public_id)
    line = logins.logins_of(SYSTEM, acme.public_id)[0]
    for actor, error in ((elsewhere, Missing), (customer, Missing), (operations, NotAllowed)):
        for action in (logins.end_sessions_of, logins.disable_login, logins.enable_login):
            with pytest.raises(error):
                action(actor, line.public_id)


def test_partners_cannot_take_back_one_anothers_invitations() -> None:
    acme, other = people.customer("acme"), people.customer("other", of="Other Partner")
    logins.invite_login(SYSTEM, acme.public_id, "a@acme.example", "A Person")
    logins.invite_login(SYSTEM, other.public_id, "a@acme.example", "A Person")
    first, second = (token_in(mail) for mail in mails())
    assert logins.look_at("invitation", first).works
    assert logins.look_at("invitation", second).works
    logins.accept("invitation", second, NEW)
    assert not logins.look_at("invitation", first).works, "the address signs in now"


def test_sec24_somebody_elses_browser_cannot_accept() -> None:
    acme = people.customer("acme")
    login(acme, "dana@acme.example")
    me = signed_in("dana@acme.example")
    logins.invite_login(SYSTEM, acme.public_id, "a@acme.example", "A Person")
    token = token_in(mails()[-1])
    with pytest.raises(Refused) as refused:
        logins.accept("invitation", token, NEW, signed_in=me)
    assert "signed in as dana@acme.example" in str(refused.value)
    assert logins.look_at("invitation", token).works


def test_an_invitation_of_a_customer_that_went_inactive_stops_working() -> None:
    acme = people.customer("acme")
    logins.invite_login(SYSTEM, acme.public_id, "a@acme.example", "A Person")
    token = token_in(mails()[-1])
    set_status(acme, "inactive")
    assert not logins.look_at("invitation", token).works
    with pytest.raises(Conflict):
        logins.accept("invitation", token, NEW)


# Activation (C2)


def test_c2_activation_needs_number_and_address_on_file(frozen: Clock) -> None:
    acme = people.customer("A-1001", name="Acme Ltd", email="Office@Acme.example")
    people.customer("A-1002", email="")
    people.customer("A-1003", email="gone@acme.example", own_status="inactive")
    login(people.customer("A-1004", email="has@acme.example"), "somebody@acme.example")
    for number, email in (
        ("A-1001", "other@acme.example"),
        ("A-9999", "office@acme.example"),
        (acme.public_id, "office@acme.example"),
        ("A-1002", ""),
        ("A-1003", "gone@acme.example"),
        ("A-1004", "has@acme.example"),
    ):
        logins.request_activation(number, email, address="192.0.2.7")
    assert mails() == []
    logins.request_activation(" A-1001 ", " office@acme.example", address="192.0.2.7")
    mail = mails()[-1]
    assert recipients(mail) == ["Office@acme.example"]
    assert link_in(mail).startswith("/login/activation/")
    logins.accept("activation", token_in(mail), NEW)
    me = signed_in("office@acme.example", NEW)
    assert (me.name, me.actor.scopes) == ("Acme Ltd", ALL_SCOPES)


def test_a_second_activation_link_replaces_the_first_and_both_end_with_the_login(frozen: Clock) -> None:
    people.customer("A-1001", email="office@acme.example")
    for _ in range(2):
        logins.request_activation("A-1001", "office@acme.example", address="192.0.2.7")
    first, second = (token_in(mail) for mail in mails())
    assert logins.look_at("activation", first).state == "replaced"
    frozen.shift(timedelta(days=1))
    assert logins.look_at("activation", second).state == "expired"


@writes
def switch_groups_on() -> None:
    db.session.execute(update(Partner).values(groups_on=True))


def test_c2_the_second_of_a_household_hears_what_to_do_with_one_address() -> None:
    zoe = people.customer("A-1", name="Zoë Novák", kind="individual", email="home@novak.example")
    people.customer("A-2", name="Leo Novák", kind="individual", email="Home@novak.example")
    login(zoe, "home@novak.example", "Zoë Novák")
    switch_groups_on()
    logins.request_activation("A-2", "home@novak.example", address="192.0.2.7")
    mail = mails()[-1]
    assert (mail.purpose, recipients(mail), mail.secret) == ("shared_address", ["Home@novak.example"], False)
    said = " ".join(mail.text.split())
    assert "Zoë Novák signs in with it already, and one address is one login, for one customer." in said
    assert "Have an address of your own: tell Harbour Net which one" in said
    assert "add Leo Novák to the group of Zoë Novák as a Dependent" in said
    assert "/login/" not in mail.text
    assert scalar(select(EmailedToken.id)) is None


def test_c2_the_other_way_is_left_out_where_there_is_none() -> None:
    people.customer("A-2", name="Leo Novák", kind="individual", email="home@novak.example")
    login(people.customer("far", of="Lakeside"), "home@novak.example", "Zoë Novák")
    switch_groups_on()
    logins.request_activation("A-2", "home@novak.example", address="192.0.2.7")
    assert "Dependent" not in mails()[-1].text


def test_sec16_a_shared_address_is_told_to_nobody_but_its_mailbox() -> None:
    login(people.customer("A-1", email="home@novak.example"), "home@novak.example")
    people.customer("A-2", email="home@novak.example")
    for number, email in (("A-2", "other@novak.example"), ("A-3", "home@novak.example"), ("A-1", "home@novak.example")):
        logins.request_activation(number, email, address="192.0.2.7")
    assert mails() == []


def test_c2_staff_see_who_signs_in_with_an_address_as_far_as_they_see_them() -> None:
    here = administrator("desk@kith.example", Role.ADMINISTRATOR, people.partner())
    leo = people.customer("A-2", name="Leo Novák", kind="individual")
    login(people.customer("A-1", name="Zoë Novák", kind="individual"), "home@novak.example", "Zoë")
    login(people.customer("far", of="Lakeside"), "far@novak.example", "Fay")
    switch_groups_on()
    found = logins.address_taken(here, leo.public_id, " Home@NOVAK.example ")
    assert found is not None
    assert (found.name, found.customer, found.may_join) == ("Zoë", "Zoë Novák", True)
    assert logins.address_taken(here, leo.public_id, "nobody@novak.example") is None
    assert logins.address_taken(here, leo.public_id, "far@novak.example") == logins.AddressTaken("far@novak.example")
    administrator("sol@kith.example")
    assert logins.address_taken(here, leo.public_id, "sol@kith.example") == logins.AddressTaken("sol@kith.example")


# Operators


def test_sec18_administrators_are_made_by_operators_only() -> None:
    made = logins.create_administrator(SYSTEM, email="Sol@kith.example", name="Sol", role="super_administrator")
    assert made.link is not None
    assert mails() == []
    token = made.link.rsplit("/", 1)[1]
    assert logins.look_at("invitation", token).inviter == "Kith"
    logins.accept("invitation", token, NEW)
    sol = signed_in("sol@kith.example", NEW)
    assert sol.actor.role is Role.SUPER
    by_sol = logins.create_administrator(
        sol.actor, email="two@kith.example", name="Two", role="front_of_house", password=NEW
    )
    assert by_sol.link is None
    assert signed_in("two@kith.example", NEW).actor.role is Role.FRONT_OF_HOUSE
    desk = logins.administrator("two@kith.example")
    with pytest.raises(NotAllowed):
        logins.create_administrator(desk, email="three@kith.example", name="Three", role="operations")


def test_an_administrator_bound_to_a_partner_is_invited_by_it() -> None:
    people.partner("Harbour Net")
    made = logins.create_administrator(
        SYSTEM, email="a@kith.example", name="A", role="administrator", partner="Harbour Net", by_mail=True
    )
    assert made.link is None
    assert made.partner == "Harbour Net"
    assert mails()[-1].subject == "Harbour Net invites you to the portal"
    for wrong in ({"partner": "Nowhere"}, {"role": "king"}, {"email": "a@kith.example"}, {"password": "password"}):
        values = {"email": "b@kith.example", "name": "B", "role": "administrator", **wrong}
        with pytest.raises(Invalid) as caught:
            logins.create_administrator(SYSTEM, **values)
        assert list(caught.value.fields) == list(wrong)


def test_sec25_an_operator_gets_no_link_to_a_customers_password() -> None:
    login(people.customer("acme"), "dana@acme.example")
    administrator("sol@kith.example")
    with pytest.raises(Refused):
        logins.reset_login(SYSTEM, "dana@acme.example", show_link=True)
    assert logins.reset_login(SYSTEM, "dana@acme.example").link is None
    assert recipients(mails()[-1]) == ["dana@acme.example"]
    assert logins.reset_login(SYSTEM, "sol@kith.example", show_link=True).link is not None
    with pytest.raises(Missing):
        logins.reset_login(SYSTEM, "nobody@acme.example")


def test_sec32_operators_end_sessions() -> None:
    login(people.customer("acme"), "dana@acme.example")
    administrator("sol@kith.example")
    token, other = sign_in("dana@acme.example"), sign_in("sol@kith.example")
    assert logins.end_sessions(SYSTEM, "dana@acme.example") == 1
    assert resume(token) is None
    assert resume(other) is not None
    assert logins.end_sessions(SYSTEM) == 1
    assert resume(other) is None


def test_o8_the_log_is_paged_and_ones_own(frozen: Clock) -> None:
    acme, other = people.customer("acme"), people.customer("other")
    me = login(acme, "dana@acme.example")
    for n in range(60):
        logins.invite_login(SYSTEM, acme.public_id, f"p{n}@acme.example", "P")
    logins.invite_login(SYSTEM, other.public_id, "canary@other.example", "P")
    first = logins.my_log(me)
    assert len(first.lines) == 50
    assert first.older
    second = logins.my_log(me, before=first.older)
    assert len(second.lines) == 10
    assert not second.older
    texts = [str(line.text) for line in (*first.lines, *second.lines)]
    assert len(set(texts)) == 60
    assert "p59@" in texts[0]
    assert "canary" not in str(texts)
    assert logins.my_log(me, before="made up").lines == []
    with pytest.raises(PortalError):
        logins.my_log(administrator("sol@kith.example"))


def test_what_has_served_its_time_is_forgotten(frozen: Clock) -> None:
    login(people.customer("acme"), "dana@acme.example")
    sign_in("dana@acme.example")
    logins.request_reset("dana@acme.example", address="192.0.2.7")
    with pytest.raises(Invalid):
        sign_in("dana@acme.example", "wrong")
    assert logins.forget_old() == 0
    frozen.shift(timedelta(days=100))
    assert logins.forget_old() == 6
    assert scalar(select(LoginSession.id)) is None
    assert scalar(select(EmailedToken.id)) is None


# At the same time


def at_once(app: Flask, work: Callable[[int], object], count: int = 6) -> list[str]:
    """What `count` threads, each like a request of its own, come to: "done" or the name of the error."""
    db.session.remove()

    def run(number: int) -> str:
        with app.app_context():
            try:
                work(number)
            except PortalError as error:
                return type(error).__name__
            finally:
                db.session.remove()
        return "done"

    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(run, range(count)))


def test_sec17_trying_at_the_same_time_is_no_way_around_the_pause(app: Flask) -> None:
    login(people.customer("acme"), "dana@acme.example")
    outcomes = at_once(app, lambda _: sign_in("dana@acme.example", "wrong"), 12)
    assert outcomes == ["Invalid"] * 5 + ["TooMany"] * 7


def test_a_link_is_used_once_however_often_its_button_is_pressed(app: Flask) -> None:
    acme = people.customer("acme")
    logins.invite_login(SYSTEM, acme.public_id, "a@acme.example", "A Person")
    token = token_in(mails()[-1])
    outcomes = at_once(app, lambda n: logins.accept("invitation", token, f"{NEW} {n}"))
    assert outcomes == ["Conflict"] * 5 + ["done"]
    assert [one.email for one in logins.logins_of(SYSTEM, acme.public_id)] == ["a@acme.example"]


def test_two_invitations_to_one_address_make_one_login(app: Flask) -> None:
    tokens = []
    for number in range(4):
        other = people.customer(f"c{number}", of=f"Partner {number}")
        logins.invite_login(SYSTEM, other.public_id, "a@acme.example", "A Person")
        tokens.append(token_in(mails()[-1]))
    outcomes = at_once(app, lambda n: logins.accept("invitation", tokens[n], NEW), 4)
    assert outcomes == ["Conflict"] * 3 + ["done"]
