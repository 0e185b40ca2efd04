"""Groups: families and carers. Creating them, their members, invitations, agreements, labels and switches."""

from portal.actions.groups.answering import Opened, accept, decline, look_at, open_waiting, renew
from portal.actions.groups.backoffice import Tally, creating_refusals, tallies
from portal.actions.groups.changing import Edit, change_member, foresee_change, require_changeable
from portal.actions.groups.consents import agree, withdraw
from portal.actions.groups.creating import create
from portal.actions.groups.finding import Place, Sheet, find_owned, find_place, sheet
from portal.actions.groups.freezing import freeze, freeze_of, unfreeze
from portal.actions.groups.guardians import Foresight, foresee_dissolution, foresee_removal
from portal.actions.groups.inviting import Welcome, invite, resend, revoke
from portal.actions.groups.joining import NewDependent, NewMember, add_dependent, add_member, foresee_adding
from portal.actions.groups.labels import Label, add_label, all_labels, labels, remove_label, rename_label, retire_label
from portal.actions.groups.leaving import dissolve, leave, remove_member
from portal.actions.groups.newcomers import accept_as_newcomer
from portal.actions.groups.ownership import accept_offer, foresee_offer, offer_ownership
from portal.actions.groups.parts import Outcome
from portal.actions.groups.reminders import announce
from portal.actions.groups.views import (
    GroupView,
    InvitationView,
    MemberView,
    Mine,
    group_of,
    lines_of,
    my_group,
    my_groups,
    of_customer,
    waiting_for,
)
from portal.actions.partners.features import (
    GroupChoices,
    GroupSettings,
    Switches,
    change_choices,
    choices_of,
    group_switches,
    switch_groups,
)

__all__ = [
    "Edit",
    "Foresight",
    "GroupChoices",
    "GroupSettings",
    "GroupView",
    "InvitationView",
    "Label",
    "MemberView",
    "Mine",
    "NewDependent",
    "NewMember",
    "Opened",
    "Outcome",
    "Place",
    "Sheet",
    "Switches",
    "Tally",
    "Welcome",
    "accept",
    "accept_as_newcomer",
    "accept_offer",
    "add_dependent",
    "add_label",
    "add_member",
    "agree",
    "all_labels",
    "announce",
    "change_choices",
    "change_member",
    "choices_of",
    "create",
    "creating_refusals",
    "decline",
    "dissolve",
    "find_owned",
    "find_place",
    "foresee_adding",
    "foresee_change",
    "foresee_dissolution",
    "foresee_offer",
    "foresee_removal",
    "freeze",
    "freeze_of",
    "group_of",
    "group_switches",
    "invite",
    "labels",
    "leave",
    "lines_of",
    "look_at",
    "my_group",
    "my_groups",
    "of_customer",
    "offer_ownership",
    "open_waiting",
    "remove_label",
    "remove_member",
    "rename_label",
    "renew",
    "require_changeable",
    "resend",
    "retire_label",
    "revoke",
    "sheet",
    "switch_groups",
    "tallies",
    "unfreeze",
    "waiting_for",
    "withdraw",
]
