"""Memberships at a glance are those that the page of memberships shows, on both engines (B9)."""

from __future__ import annotations

from portal.actions.customers import people
from portal.actions.memberships import glance
from portal.db.engine import snapshot
from tests import families
from tests.families import DEPENDENT
from tests.importing import clean

PLANS = (
    "external_id,name,partner,price,period,included,visits\n"
    "swim,Swim,Harbour Net,30.00,month,4,\n"
    "ten,Ten,Harbour Net,50.00,,,10\n"
)


def test_b9_home_knows_what_a_family_holds(app, frozen):
    families.switch()
    families.person("mum")
    families.child("leo")
    families.family("mum", leo=DEPENDENT)
    mum = families.as_("mum")
    assert not snapshot(people.standing)(mum).holds
    clean("membership-plans", PLANS)
    clean("memberships", "external_id,plan,customer,from\nm,swim,leo,2026-11-10\nt,ten,mum,2026-11-01\n")
    stands = snapshot(people.standing)(mum)
    assert (stands.holds, stands.has_messages, stands.unread) == (True, False, 0)
    found = snapshot(glance.held)(mum, families.profile("mum"), stands.wards)
    assert [(one.holder, one.left, one.of, str(one.renews_on)) for one in found] == [
        ("Leo", 4, 4, "2026-12-10"),
        ("Mum", 10, 10, "None"),
    ]
