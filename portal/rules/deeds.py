"""The deeds that the audit log tells of, by what they concern: the list that its filter is made of (O8)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from portal.rules.sentences import Sentence, say


class Noun(NamedTuple):
    """What deeds concern: how their names begin, in words, and each deed with what it is called in a list."""

    begins: str
    label: Sentence
    deeds: Mapping[str, Sentence]


DEEDS = (
    Noun(
        "customer.",
        say("Customers"),
        MappingProxyType(
            {
                "customer.create": say("Customer added"),
                "customer.edit": say("Details changed by staff"),
                "customer.details": say("Details changed in the portal"),
                "customer.change": say("Changed by an import"),
                "customer.status": say("Status changed"),
                "customer.reminders": say("Reminders switched"),
                "customer.remove": say("Customer removed"),
                "customer.view_as": say("Viewed as the customer"),
                "customer.view_as_ended": say("Viewing as the customer ended"),
                "customer.view_as_refused": say("Change refused while viewing"),
            }
        ),
    ),
    Noun(
        "sub_accounts.",
        say("Sub-accounts and links"),
        MappingProxyType(
            {
                "sub_accounts.link": say("Sub-account linked"),
                "sub_accounts.mode": say("Billing mode changed"),
                "sub_accounts.unlink": say("Sub-account unlinked"),
                "sub_accounts.management": say("Management switched"),
            }
        ),
    ),
    Noun(
        "partner_accounts.",
        say("Shared balances"),
        MappingProxyType(
            {
                "partner_accounts.link": say("Sharing begun"),
                "partner_accounts.unlink": say("Sharing ended"),
            }
        ),
    ),
    Noun(
        "group.",
        say("Groups"),
        MappingProxyType(
            {
                "group.create": say("Group created"),
                "group.add": say("Member added"),
                "group.change": say("Member changed"),
                "group.remove": say("Member removed"),
                "group.leave": say("Member left"),
                "group.transfer": say("Ownership handed over"),
                "group.offer": say("Ownership offered"),
                "group.dissolve": say("Group dissolved"),
                "group.invite": say("Invited into a group"),
                "group.invite_again": say("Invitation into a group sent again"),
                "group.invite_revoke": say("Invitation into a group taken back"),
                "group.accept": say("Invitation into a group accepted"),
                "group.decline": say("Invitation into a group declined"),
                "group.agree": say("Agreed to being acted for"),
                "group.withdraw": say("Agreement taken back"),
                "group.freeze": say("Guardianship frozen"),
                "group.unfreeze": say("Guardianship no longer frozen"),
                "group.reminder": say("End of a membership announced"),
                "group.of_age_ahead": say("Coming of age announced"),
                "group.of_age": say("Came of age"),
                "group.label": say("Labels changed"),
            }
        ),
    ),
    Noun(
        "login.",
        say("Logins and invitations"),
        MappingProxyType(
            {
                "login.invite": say("Invited to the portal"),
                "login.invite_again": say("Invitation to the portal sent again"),
                "login.invite_revoke": say("Invitation to the portal taken back"),
                "login.invitation": say("Invitation to the portal accepted"),
                "login.activation": say("Login activated"),
                "login.password": say("Password changed"),
                "login.reset_sent": say("Password reset sent"),
                "login.reset": say("Password reset"),
                "login.disable": say("Login disabled"),
                "login.enable": say("Login enabled"),
                "login.end_sessions": say("Signed out everywhere"),
                "login.end_all_sessions": say("Everybody signed out"),
            }
        ),
    ),
    Noun(
        "activity.",
        say("Activities"),
        MappingProxyType({"activity.add": say("Activity added"), "activity.change": say("Activity changed")}),
    ),
    Noun("calendar.", say("Calendars"), MappingProxyType({"calendar.renew": say("Address of a calendar renewed")})),
    Noun(
        "session.",
        say("Sessions"),
        MappingProxyType(
            {
                "session.add": say("Sessions added"),
                "session.move": say("Session moved"),
                "session.cancel": say("Session cancelled"),
                "session.capacity": say("Places of a session changed"),
                "session.series": say("Series changed"),
                "session.rename": say("Place or instructor renamed"),
                "session.left_out": say("Session left out of a series"),
            }
        ),
    ),
    Noun(
        "booking.",
        say("Bookings"),
        MappingProxyType(
            {
                "booking.book": say("Booked"),
                "booking.wait": say("Waiting list joined"),
                "booking.leave": say("Waiting list left"),
                "booking.offer": say("Place offered"),
                "booking.offer_ended": say("Offer of a place ran out"),
                "booking.promote": say("Place got from a waiting list"),
                "booking.cancel": say("Booking cancelled"),
                "booking.move": say("Booking moved"),
                "booking.undo": say("Cancellation undone"),
                "booking.check_in": say("Checked in"),
                "booking.missed": say("Noted as not there"),
                "booking.reset": say("Note of the desk taken back"),
                "booking.reminders": say("Reminders of bookings switched"),
            }
        ),
    ),
    Noun(
        "membership.",
        say("Memberships"),
        MappingProxyType(
            {
                "membership.buy": say("Membership bought"),
                "membership.grant": say("Membership began"),
                "membership.reminder": say("Told what is ahead of a membership"),
                "membership.renew": say("Membership renewed"),
                "membership.freeze": say("Membership frozen"),
                "membership.unfreeze": say("Membership used again"),
                "membership.change": say("Membership plan changed"),
                "membership.end": say("Membership ended"),
                "membership.undo": say("End of a membership taken back"),
            }
        ),
    ),
    Noun(
        "plan.",
        say("Membership plans"),
        MappingProxyType(
            {
                "plan.add": say("Membership plan added"),
                "plan.change": say("Membership plan changed"),
                "plan.retire": say("Membership plan taken off sale"),
            }
        ),
    ),
    Noun(
        "order.",
        say("Orders"),
        MappingProxyType(
            {
                "order.place": say("Order placed"),
                "order.accept": say("Order accepted"),
                "order.fulfil": say("Order fulfilled"),
                "order.cancel": say("Order cancelled"),
            }
        ),
    ),
    Noun(
        "catalogue.",
        say("Catalogue"),
        MappingProxyType(
            {
                "catalogue.add": say("Item added"),
                "catalogue.change": say("Item changed"),
            }
        ),
    ),
    Noun(
        "service.",
        say("Services"),
        MappingProxyType(
            {
                "service.add": say("Service added"),
                "service.change": say("Service changed"),
                "service.pause": say("Service paused"),
                "service.resume": say("Service resumed"),
                "service.stop": say("Service stopped"),
            }
        ),
    ),
    Noun(
        "message.",
        say("Messages to many"),
        MappingProxyType(
            {
                "message.send": say("Message sent"),
                "message.stop": say("Message stopped"),
                "message.preference": say("Kind of messages switched"),
                "message.template": say("Template of messages kept"),
            }
        ),
    ),
    Noun(
        "ticket.",
        say("Tickets"),
        MappingProxyType(
            {
                "ticket.open": say("Ticket opened"),
                "ticket.answer": say("Ticket answered"),
                "ticket.note": say("Internal note written"),
                "ticket.state": say("State of a ticket changed"),
                "ticket.change": say("Ticket given away or made more urgent"),
                "ticket.merge": say("Tickets joined"),
                "ticket.held": say("Mail kept for staff"),
                "ticket.canned": say("Canned answers changed"),
            }
        ),
    ),
    Noun(
        "document.",
        say("Documents"),
        MappingProxyType(
            {
                "document.add": say("Document added"),
                "document.change": say("Document changed"),
                "document.remove": say("Document removed"),
            }
        ),
    ),
    Noun(
        "statement.",
        say("Statements"),
        MappingProxyType(
            {
                "statement.monthly": say("Monthly statements switched"),
                "statement.send": say("Statement sent"),
                "statement.save": say("Statement saved"),
                "statement.job": say("Long statement begun"),
            }
        ),
    ),
    Noun(
        "ledger.",
        say("Entries on the books"),
        MappingProxyType(
            {
                "ledger.post": say("Entry posted"),
                "ledger.reverse": say("Entry taken back"),
                "ledger.allocate": say("Payment allocated"),
                "ledger.unallocate": say("Allocation taken back"),
                "ledger.refund": say("Refund paid"),
            }
        ),
    ),
    Noun(
        "invoice.",
        say("Invoices"),
        MappingProxyType(
            {
                "invoice.draft": say("Invoice drafted"),
                "invoice.issue": say("Invoice issued"),
                "invoice.request": say("Payment of several invoices asked for"),
            }
        ),
    ),
    Noun("credit_note.", say("Credit notes"), MappingProxyType({"credit_note.issue": say("Credit note issued")})),
    Noun(
        "bank.",
        say("Bank files"),
        MappingProxyType(
            {
                "bank.import": say("Bank file taken in"),
                "bank.mapping": say("Columns of a bank file chosen"),
                "bank.confirm": say("Bank line confirmed"),
                "bank.ignore": say("Bank line set aside"),
                "bank.split": say("Bank line split"),
            }
        ),
    ),
    Noun("period.", say("Closed months"), MappingProxyType({"period.close": say("Month closed")})),
    Noun("future_item.", say("Future items"), MappingProxyType({"future_item.remove": say("Future item removed")})),
    Noun("finance.", say("Looks at finances"), MappingProxyType({"finance.read": say("Looked at the finances")})),
    Noun(
        "notice",
        say("Notices of blocking"),
        MappingProxyType(
            {
                "notice.written": say("Notice written"),
                "notice.nobody": say("Notice that reached nobody"),
                "notice.dropped": say("Notice dropped"),
                "notices.configure": say("Notices configured"),
            }
        ),
    ),
    Noun("billing.", say("Billing runs"), MappingProxyType({"billing.invoice": say("Invoice issued by a run")})),
    Noun("reminders.", say("Reminders"), MappingProxyType({"reminders.told": say("Reminder told")})),
    Noun("outbox.", say("Outbox"), MappingProxyType({"outbox.queued_again": say("Message queued again")})),
    Noun(
        "administrator.",
        say("Administrators"),
        MappingProxyType(
            {
                "administrator.create": say("Administrator added"),
                "administrator.role": say("Role given"),
                "administrator.permissions": say("Permissions given or taken"),
                "administrator.disable": say("Administrator disabled"),
                "administrator.enable": say("Administrator enabled"),
            }
        ),
    ),
    Noun(
        "role.",
        say("Roles"),
        MappingProxyType(
            {
                "role.create": say("Role made"),
                "role.change": say("Role changed"),
                "role.delete": say("Role deleted"),
            }
        ),
    ),
    Noun(
        "partner.",
        say("Partners"),
        MappingProxyType(
            {"partner.create": say("Partner added"), "partner.settings": say("Partner’s settings changed")}
        ),
    ),
    Noun(
        "portal.",
        say("Portal config"),
        MappingProxyType({"portal.configure": say("Portal configured"), "portal.brand": say("Looks changed")}),
    ),
    Noun("features.", say("Features"), MappingProxyType({"features.groups": say("Groups switched")})),
    Noun("demo.", say("Demo data"), MappingProxyType({"demo.load": say("Demo data loaded")})),
)

KNOWN = MappingProxyType({action: label for noun in DEEDS for action, label in noun.deeds.items()})
"""Every deed by its name in the log."""


def concerns(action: str) -> bool:
    """Whether a deed has a place in the list, by its noun at least."""
    return any(action.startswith(noun.begins) for noun in DEEDS)
