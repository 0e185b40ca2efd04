"""What the pages where entries are added have in common: the Account menu (F3), and the last look at what will be
posted, computed by what decides when it is (F10, UX8).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask.typing import ResponseReturnValue

from portal.actions.books import accounts
from portal.actions.books.accounts import Account
from portal.actions.books.drafts import Foreseen
from portal.rules.errors import Reason
from portal.rules.money import Money
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web import figures
from portal.web.fields import AccountField, AmountField, DayField
from portal.web.forms import PortalForm, options
from portal.web.guard import actor, subject
from portal.web.remedies import linked
from portal.web.staff.profile.head import at, tab
from portal.web.statements.forms import SELECT_UP_TO


class EntryForm(PortalForm):
    """A form that adds an entry: for which account it is issued, how much, and from which day on."""

    account: AccountField
    amount: AmountField
    on: DayField

    def offer_accounts(self) -> None:
        """Let the account be chosen, or found by typing where there are many; no menu where there is only one."""
        found = accounts.choices(actor(), subject(), limit=SELECT_UP_TO)
        if len(found) > SELECT_UP_TO:
            self.account.searched_at = at("entry_accounts", subject().public_id)
        else:
            self.account.choices = options((one.public_id, one.name) for one in found)
        self.account.data = self.account.data or subject().public_id

    def read_account(self) -> Account:
        """The account that was chosen or typed. Raises Invalid."""
        typed = str(self.account.data or "")[:300]
        return accounts.named(actor(), subject(), typed)

    def keep_account(self, account: Account) -> None:
        """Show the account that was found in the way that its menu shows it."""
        named = say("{name} ({reference})", name=account.name, reference=account.reference)
        self.account.data = figures.text(named) if self.account.searched_at else account.public_id


def above_zero(field: AmountField) -> bool:
    """Whether there is an amount to post; else the field says that it has to be one."""
    if field.data > 0:
        return True
    field.say(say("Enter an amount above {amount}.", amount=Money(0, field.currency)))
    return False


def check_page(
    form: EntryForm,
    account: Account,
    foreseen: Foreseen,
    *,
    view: str,
    title: Sentence,
    button: Sentence,
    facts: Sequence[tuple[Sentence, Sentence]],
    conflict: Sentence = NOTHING,
    reasons: Iterable[Reason] = (),
) -> ResponseReturnValue:
    """What will be posted, and what that changes; 409 where it cannot be posted, with the reasons."""
    against = (*foreseen.reasons, *(one for one in reasons if one not in foreseen.reasons))
    values: dict[str, Any] = {
        "form": form,
        "account": account,
        "foreseen": foreseen,
        "title": title,
        "button": button,
        "facts": facts,
        "url": at(view, subject().public_id),
        "fields": [field for field in form if field.short_name != "csrf_token"],
        "conflict": conflict,
        "reasons": linked(against),
    }
    return tab("finance", "entry_check", code=409 if conflict or against else 200, **values)
