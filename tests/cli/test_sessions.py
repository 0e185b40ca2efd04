"""`flask import activities|sessions`, `flask session …` and the schedule that goes on with series (B1, B8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from portal.actions.bookings import going_on
from portal.db.bookings import timetable as rows
from portal.rules.holders import Role
from tests.cli.commands import answer, run
from tests.families import ADMIN, DEPENDENT, child, family, person, switch
from tests.log import log
from tests.logins import administrator, mails, recipients
from tests.people import customer, partner
from tests.timetable import activity, book, put, session

ACTIVITIES = (
    "external_id,name,partner,place,instructor,price,tax_rate,prices,class,age_from,age_to,cancel_until,book_from\n"
    'swim,Zoë’s <b>swimming</b>,Harbour Net,"Pool, lane 3",Ann,12.00,21,gross,swim,6,10,2 days,4 weeks\n'
    "yoga,Yoga,Harbour Net,Hall,,0,,,,,,90 Minutes,\n"
)
SESSIONS = (
    "external_id,activity,starts_at,minutes,capacity,rule,except,zone\n"
    "s1,swim,2026-12-07T18:00,45,7,,,\n"
    "night,yoga,2026-03-01T00:00,360,5,FREQ=DAILY;UNTIL=20261031T230000Z,2026-03-02 2026-03-03,Europe/Berlin\n"
    "camp,swim,2026-12-26,,9,,,\n"
)


def test_b1_b8_a_timetable_comes_from_files_and_again_is_harmless(app, tmp_path):
    partner()
    (tmp_path / "a.csv").write_text(ACTIVITIES, encoding="utf-8")
    (tmp_path / "s.csv").write_text(SESSIONS, encoding="utf-8")
    assert answer(app, "import", "activities", tmp_path / "a.csv")["created"] == 2
    assert answer(app, "import", "sessions", tmp_path / "s.csv")["created"] == 3
    swim = rows.activity("swim")
    assert (swim.name, swim.price_minor, swim.rate_e3, swim.cancel_until) == (
        "Zoë’s <b>swimming</b>",
        1200,
        21000,
        "2 days",
    )
    assert rows.activity("yoga").cancel_until == "90 minutes"
    shown = answer(app, "session", "show", "s1")
    del shown["public_id"]
    assert shown == {
        "external_id": "s1",
        "activity": "swim",
        "starts_at": "2026-12-07T18:00+01:00",
        "ends_at": "2026-12-07T18:45+01:00",
        "zone": "Europe/Prague",
        "place": "Pool, lane 3",
        "instructor": "Ann",
        "capacity": 7,
        "free": 7,
        "booked": [],
        "held": 0,
        "waiting": [],
        "offered": [],
        "cancel_until": "2026-12-05T18:00+01:00",
        "state": "open",
    }
    nights = answer(app, "session", "list", "yoga", "--from", "2026-03-01", "--to", "2026-03-29")["sessions"]
    assert [one["external_id"] for one in nights[:2]] == ["night/2026-03-01", "night/2026-03-04"]
    assert (nights[-1]["starts_at"], nights[-1]["ends_at"]) == ("2026-03-29T00:00+01:00", "2026-03-29T06:00+02:00")
    assert nights[-1]["state"] == "over"
    whole = answer(app, "session", "show", "camp")
    assert (whole["starts_at"], whole["ends_at"]) == ("2026-12-26", "2026-12-26")
    for kind, name in (("activities", "a.csv"), ("sessions", "s.csv")):
        again = answer(app, "import", kind, tmp_path / name)
        assert (again["created"], again["updated"], again["skipped"]) == (0, 0, again["rows"])
    (tmp_path / "a.csv").write_text(ACTIVITIES.replace("12.00", "13.00"), encoding="utf-8")
    assert answer(app, "import", "activities", tmp_path / "a.csv")["updated"] == 1
    assert rows.activity("swim").price_minor == 1300


def test_b8_files_say_what_is_wrong_and_change_nothing(app, tmp_path):
    partner()
    (tmp_path / "a.csv").write_text(ACTIVITIES, encoding="utf-8")
    run(app, "import", "activities", tmp_path / "a.csv")
    text = SESSIONS.replace("FREQ=DAILY", "FREQ=HOURLY") + (
        "s2,swim,2026-12-07T18:30,30,7,,,\n"
        "s3,golf,2026-12-07T18:30,30,7,,,\n"
        "s4,swim,2026-12-07T25:00,0,x,,,Mars/Olympus\n"
    )  # fmt: skip
    (tmp_path / "s.csv").write_text(text, encoding="utf-8")
    said = run(app, "import", "sessions", tmp_path / "s.csv", code=1).stderr
    for part in (
        "line 3, rule: The rule says FREQ=HOURLY",
        "line 5, starts_at: [B8] Pool, lane 3 is taken already: 2026-12-07, 18:30 by Zoë’s <b>swimming</b>",
        "[B8] Ann is taken already",
        "line 6, activity: There is no activity “golf”",
        "line 7, starts_at:",
        "line 7, minutes:",
        "line 7, zone:",
    ):
        assert part in said
    assert answer(app, "session", "list", "swim") == {"sessions": []}


def test_b8_a_series_is_added_and_says_which_times_it_moved(app, frozen):
    activity("swim", place="Pool", cancel_until="60 minutes")
    rule = "FREQ=WEEKLY;COUNT=3"
    said = answer(app, "session", "add", "swim", "--at", "2027-03-21T02:30", "--minutes", "60", "--rule", rule,
                  "--zone", "Europe/Berlin", "--external-id", "x", "--capacity", "3")  # fmt: skip
    assert [(one["external_id"], one["starts_at"], one["cancel_until"]) for one in said["sessions"]] == [
        ("x/2027-03-21", "2027-03-21T02:30+01:00", "2027-03-21T01:30+01:00"),
        ("x/2027-03-28", "2027-03-28T03:30+02:00", "2027-03-28T01:30+01:00"),
        ("x/2027-04-04", "2027-04-04T02:30+02:00", "2027-04-04T01:30+02:00"),
    ]
    assert said["moved"] == ["2027-03-28T02:30 does not exist in Europe/Berlin: the session begins at 03:30 instead."]
    refused = answer(app, "session", "add", "swim", "--at", "2027-03-14T02:45", "--minutes", "15", "--rule",
                     "FREQ=WEEKLY;COUNT=4", "--zone", "Europe/Berlin", code=1)  # fmt: skip
    (reason,) = refused["refused"]
    assert reason["rule"] == "B8"
    assert "2027-03-21, 02:45" in reason["message"]
    assert "2027-03-28, 03:45" in reason["message"]
    assert "2027-03-14" not in reason["message"]
    assert "taken" in run(app, "session", "add", "swim", "--at", "2027-04-04T03:00", "--minutes", "5", "--zone",
                          "Europe/Berlin", code=1).stderr  # fmt: skip
    run(app, "session", "add", "swim", "--at", "2027-04-04T03:30", "--minutes", "5", "--zone", "Europe/Berlin")
    assert "already" in run(app, "session", "add", "swim", "--at", "2027-05-01T10:00", "--minutes", "5", "--rule",
                            "FREQ=DAILY;COUNT=1", "--external-id", "x", code=1).stderr  # fmt: skip
    wrong = answer(app, "session", "add", "swim", "--at", "tomorrow", "--minutes", "0", "--rule", "NEVER", code=1)
    assert set(wrong["invalid"]) == {"at", "minutes", "rule"}


def test_b8_moving_one_tells_everybody_who_acts_and_keeps_the_rest(app, frozen):
    person("mum")
    person("nanny")
    child("mia")
    switch()
    family("mum", nanny=ADMIN, mia=DEPENDENT)
    customer("alone", kind="individual", email="alone@far.test")
    swim = activity("swim", place="Pool")
    mails_before = len(mails())
    run(app, "session", "add", "swim", "--at", "2026-12-07T18:00", "--minutes", "45", "--rule", "FREQ=WEEKLY;COUNT=2",
        "--external-id", "x")  # fmt: skip
    book("x/2026-12-07", "mia")
    book("x/2026-12-07", "alone", state="waiting")
    done = answer(app, "session", "move", "x/2026-12-07", "--at", "2026-12-08T17:30")
    assert (done["external_id"], done["starts_at"]) == ("x/2026-12-07", "2026-12-08T17:30+01:00")
    assert done["ends_at"] == "2026-12-08T18:15+01:00"
    assert done["booked"] == ["mia"]
    assert done["waiting"] == ["alone"]
    sent = {recipients(one)[0]: one for one in mails()[mails_before:]}
    assert set(sent) == {"mum@portal.test", "nanny@portal.test", "alone@far.test"}
    assert "18:00 to 18:45" in sent["mum@portal.test"].text
    assert "17:30 to 18:15" in sent["mum@portal.test"].text
    assert answer(app, "session", "show", "x/2026-12-14")["starts_at"] == "2026-12-14T18:00+01:00"
    said = run(app, "session", "move", "x/2026-12-14", "--at", "2026-11-01T18:00", code=1).stderr
    assert "[B8] 2026-11-01, 18:00 has passed" in said
    said = run(app, "session", "move", "x/2026-12-14", "--at", "2026-12-08T17:00", "--minutes", "60", code=1).stderr
    assert "Pool is taken already" in said
    session("over", swim, "2026-12-29T18:00")
    put("over", datetime(2026, 11, 1, 9, tzinfo=UTC))
    assert "has begun" in run(app, "session", "move", "over", "--at", "2026-12-30T18:00", code=1).stderr


def test_b8_the_schedule_goes_on_with_what_has_no_end(app, frozen):
    activity("swim", place="Pool")
    run(app, "session", "add", "swim", "--at", "2026-11-23T18:00", "--minutes", "45", "--rule", "FREQ=WEEKLY",
        "--external-id", "x")  # fmt: skip
    run(app, "session", "add", "swim", "--at", "2026-11-24T18:00", "--minutes", "45", "--rule", "FREQ=WEEKLY;COUNT=2")
    found = answer(app, "session", "list", "swim")["sessions"]
    assert (len(found), found[-1]["external_id"]) == (55, "x/2027-11-22")
    assert going_on.run_due() == 0
    activity("golf", place="Pool")
    run(app, "session", "add", "golf", "--at", "2027-12-06T18:15", "--minutes", "45")
    frozen.move_to(datetime(2026, 12, 22, tzinfo=UTC))
    assert going_on.run_due() == 3
    assert going_on.run_due() == 0
    found = answer(app, "session", "list", "swim", "--from", "2027-11-23")["sessions"]
    assert [one["external_id"] for one in found] == ["x/2027-11-29", "x/2027-12-13", "x/2027-12-20"]
    assert [one.action for one in log()][-1] == "session.left_out"
    assert rows.series("x").written_until == date(2026, 12, 22) + timedelta(days=366)


def test_b8_the_timetable_is_its_partners_and_for_whoever_may(app, frozen):
    activity("swim")
    session("s", "swim", "2026-12-01T10:00")
    administrator("desk@staff.test", Role.FRONT_OF_HOUSE)
    administrator("other@staff.test", partner_id=partner("Elsewhere"))
    assert answer(app, "session", "show", "s", "--as", "desk@staff.test")["external_id"] == "s"
    at = ("--at", "2026-12-02T10:00")
    said = run(app, "session", "move", "s", *at, "--as", "desk@staff.test", code=1).stderr
    assert "role does not include" in said
    run(app, "session", "show", "s", "--as", "other@staff.test", code=1)
    run(app, "session", "move", "s", *at, "--as", "other@staff.test", code=1)
    run(app, "session", "add", "swim", *at, "--minutes", "10", "--as", "other@staff.test", code=1)


def test_b2_more_places_go_to_who_waits_and_a_cancelled_session_gives_everything_back(app, frozen):
    for name in "abcdef":
        customer(name, kind="individual", email=f"{name}@far.test")
    activity("swim", place="Pool", price_minor=1200, rate_e3=0)
    session("s", "swim", "2026-12-07T18:00", capacity=3)
    run(app, "book", "s", "a", "b", "c")
    for name in "def":
        run(app, "book", "s", name, "--wait")
    said = answer(app, "session", "capacity", "s", "5")
    assert (said["booked"], said["waiting"], said["free"]) == (["a", "b", "c", "d", "e"], ["f"], 0)
    said = answer(app, "session", "capacity", "s", "2")
    assert (len(said["booked"]), said["waiting"], said["free"], said["state"]) == (5, ["f"], 0, "full")
    before = len(mails())
    assert "Say why" in run(app, "session", "cancel", "s", "--reason", " ", code=1).stderr
    said = answer(app, "session", "cancel", "s", "--reason", "The pump <b>broke</b>")
    assert (said["reversed"], said["state"], said["free"]) == ("60.00", "cancelled", 2)
    assert said["told"] == {"booked": ["a", "b", "c", "d", "e"], "waiting": ["f"]}
    assert (said["booked"], said["waiting"], said["offered"]) == ([], [], [])
    sent = {recipients(one)[0]: one.text for one in mails()[before:]}
    assert set(sent) == {f"{name}@far.test" for name in "abcdef"}
    assert "The pump <b>broke</b>" in sent["f@far.test"]
    assert "12.00 EUR was taken back" in sent["a@far.test"]
    assert answer(app, "open-items", "a")["open"] == []
    assert "is cancelled" in run(app, "session", "cancel", "s", "--reason", "Again", code=1).stderr
    assert "is cancelled" in run(app, "session", "capacity", "s", "9", code=1).stderr
    assert answer(app, "doctor")["sound"] is True
