"""`flask blocking run`, `flask reminders run|exempt`, `flask audit` (F9, F14, O8)."""

from portal.actions.partners import settings
from portal.rules.deciding import SYSTEM
from tests.cli.commands import answer, run
from tests.invoices import issue
from tests.people import customer


def test_f9_blocking_in_json_and_its_cause(app):
    customer("acme")
    settings.change(SYSTEM, "Harbour Net", {"blocking": "on"})
    issue("acme", "Hall|1|100.00|0", on="2026-10-01")
    assert answer(app, "customer", "show", "acme")["status"]["cause"] is None
    assert answer(app, "blocking", "run") == {"blocked": ["acme"], "activated": []}
    assert answer(app, "customer", "show", "acme")["status"]["cause"] == "overdue"
    assert "0 blocked, 0 active again" in run(app, "blocking", "run", "--date", "2026-11-22").stdout
    assert answer(app, "post", "payment", "acme", "100.00", "--date", "2026-11-22")["result"] == "posted"
    assert answer(app, "customer", "show", "acme")["status"] == {
        "own": "active",
        "effective": "active",
        "because_of": None,
        "cause": None,
    }


def test_f14_reminders_in_json(app):
    customer("acme")
    settings.change(SYSTEM, "Harbour Net", {"reminders": "5:2.50"})
    number = issue("acme", "Hall|1|100.00|0", on="2026-10-01").number
    assert answer(app, "reminders", "exempt", "acme", "on") == {"customer": "acme", "exempt": True}
    assert answer(app, "reminders", "run")["reminders"] == []
    run(app, "reminders", "exempt", "acme", "off")
    looked = answer(app, "reminders", "run", "--dry-run")["reminders"]
    (told,) = answer(app, "reminders", "run")["reminders"]
    wanted = {"payer": "acme", "invoice": number, "level": 1, "amount": "100.00", "fee": "2.50"}
    assert told.pop("message")
    assert told == wanted
    assert [one | {"message": ""} for one in looked] == [wanted | {"message": ""}]
    assert answer(app, "reminders", "run")["reminders"] == []


def test_o8_the_audit_log_as_json_and_by_filters(app):
    customer("acme")
    customer("other")
    issue("acme", "Hall|1|100.00|0", on="2026-10-01")
    settings.change(SYSTEM, "Harbour Net", {"grace_days": "3"})
    (issued,) = answer(app, "audit", "--customer", "acme")["entries"]
    assert (issued["deed"], issued["subject"], issued["actor"]) == ("invoice.issue", "acme", SYSTEM.label)
    assert answer(app, "audit", "--customer", "other")["entries"] == []
    (changed,) = answer(app, "audit", "--action", "partner.settings")["entries"]
    assert (changed["old"], changed["new"]) == ({"grace_days": 0}, {"grace_days": 3})
    assert len(answer(app, "audit", "--action", "invoice.")["entries"]) == 1
    assert answer(app, "audit", "--to", "2026-11-21")["entries"] == []
    assert len(answer(app, "audit", "--from", "2026-11-22", "--to", "2026-11-22")["entries"]) == 2
    assert "invoice.issue [acme]" in run(app, "audit").stdout
    assert "no deed" in run(app, "audit", "--action", "nonsense", code=1).stderr
