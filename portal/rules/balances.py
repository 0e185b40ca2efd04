"""A payer's two balances, and saying them. They are one figure only where one of them is at nothing: Customer Credit
pays what is owed on the House Account only when somebody applies it (F7), so a sum of both hides what is to be done.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.rules.money import Money
from portal.rules.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class Balances:
    """A payer's two accounts as of a day, in minor units; `ahead` counts the entries dated after it."""

    house_minor: int
    credit_minor: int
    ahead: int = 0

    @property
    def total_minor(self) -> int:
        """Both together: for JSON and for the conditions of linking, not to be shown to people."""
        return self.house_minor + self.credit_minor

    @property
    def owed_minor(self) -> int:
        """What is owed on the House Account, whatever Customer Credit there is."""
        return max(0, -self.house_minor)

    @property
    def applicable_minor(self) -> int:
        """How much of what is owed Customer Credit can pay, once somebody applies it (F7)."""
        return min(self.owed_minor, max(0, self.credit_minor))

    @property
    def apart(self) -> bool:
        """Whether they are two figures."""
        return self.credit_minor != 0


NO_BALANCE = Balances(0, 0)


def balances_sentence(balances: Balances, currency: str) -> Sentence:
    """Both balances in words: "120.00 EUR is owed."."""
    house, credit = Money(balances.house_minor, currency), Money(balances.credit_minor, currency)
    if not balances.apart:
        if not house:
            return say("Nothing is owed.")
        if house.minor < 0:
            return say("{amount} is owed.", amount=-house)
        return say("{amount} is in credit.", amount=house)
    if house.minor < 0:
        return say(
            "{amount} is owed on the House Account; {credit} is in Customer Credit.", amount=-house, credit=credit
        )
    if house:
        return say(
            "{amount} is in credit on the House Account; {credit} is in Customer Credit.", amount=house, credit=credit
        )
    return say("Nothing is owed; {credit} is in Customer Credit.", credit=credit)


def both(balances: Balances, currency: str) -> Sentence:
    """The two, or the one that there is, as a line: "House Account −22.75 EUR, Customer Credit 50.00 EUR"."""
    house = Money(balances.house_minor, currency)
    if not balances.apart:
        return say("{amount}", amount=house)
    credit = Money(balances.credit_minor, currency)
    return say("House Account {house}, Customer Credit {credit}", house=house, credit=credit)


def owing(name: str, house: Money, credit: Money) -> Sentence:
    """That somebody owes, although Customer Credit counts: both figures where there are two."""
    if not credit:
        return say("{name} owes {amount}.", name=name, amount=-house)
    return say(
        "{name} owes {amount} on the House Account, and {credit} of Customer Credit does not cover it.",
        name=name,
        amount=-house,
        credit=credit,
    )


def credit_remedy(house: Money) -> tuple[Sentence, str]:
    """What to do about Customer Credit that is in the way, and the page where that is done, as a reason names it.

    It pays what is owed on the House Account, and what is left is paid out.
    """
    if house.minor < 0:
        return say("Apply it to what is owed, and pay out what is left."), "customer-apply-credit"
    return say("Pay it out."), "customer-finance"


def staying(balances: Balances, currency: str, name: str) -> Sentence:
    """What somebody keeps when something around them ends."""
    house, credit = Money(balances.house_minor, currency), Money(balances.credit_minor, currency)
    if balances.owed_minor and credit:
        return say(
            "A debt of {amount} on the House Account and {credit} of Customer Credit stay with {name}.",
            amount=-house,
            credit=credit,
            name=name,
        )
    if balances.owed_minor:
        return say("A debt of {amount} stays with {name}.", amount=-house, name=name)
    if house and credit:
        return say(
            "{amount} on the House Account and {credit} of Customer Credit stay with {name}.",
            amount=house,
            credit=credit,
            name=name,
        )
    return say("{amount} stays with {name}.", amount=credit or house, name=name)
