"""What a statement says of itself, on the page, in files and in mails."""

from __future__ import annotations

from portal.rules.money import Money
from portal.rules.periods import Period
from portal.rules.sentences import Sentence, say, together
from portal.rules.statements.figures import Party, RecordType, Statement


def when(statement: Statement) -> Period | Sentence:
    """The time it covers: "November 2026", or "November 2026 so far" while that is not over (S12)."""
    return say("{period} so far", period=statement.period) if statement.so_far else statement.period


def title_of(statement: Statement) -> Sentence:
    """ "Statement of Acme Ltd, November 2026", "Activity of Riverside branch (Acme Ltd), November 2026 so far".

    A record type that hides lines is named too (S6). A part is never called a statement alone (S13).
    """
    title = _title(statement)
    if statement.record_type is RecordType.DOCUMENTS:
        return say("{title}, invoices and payments only", title=title)
    if statement.record_type is RecordType.TRANSACTIONS:
        return say("{title}, transactions only", title=title)
    return title


def _title(statement: Statement) -> Sentence:
    account, payer = statement.account, _on_one_line(statement.payer.name)
    if account is None:
        return say("Statement of {payer}, {period}", payer=payer, period=when(statement))
    if account.public_id == statement.payer.public_id:
        return say("Activity of {payer} itself, {period}", payer=payer, period=when(statement))
    return say(
        "Activity of {account} ({payer}), {period}",
        account=_on_one_line(account.name),
        payer=payer,
        period=when(statement),
    )


def _on_one_line(name: str) -> str:
    return " ".join(name.split())


def heading_of(statement: Statement) -> Sentence:
    """The same in short, under a heading that says "Statements" already."""
    if statement.account is None:
        return say("{account}, {period}", account=statement.payer.name, period=when(statement))
    if statement.account.public_id == statement.payer.public_id:
        return say("Activity of {payer} itself, {period}", payer=statement.payer.name, period=when(statement))
    return say("Activity of {account}, {period}", account=statement.account.name, period=when(statement))


def sums_of(statement: Statement) -> list[tuple[Sentence, Money]]:
    """The figures at its head: a whole one's opening and closing balance, a part's charges and credits (S13)."""

    def money(minor: int) -> Money:
        return Money(minor, statement.currency)

    balance = statement.balance
    if balance is not None:
        opening, closing = money(balance.opening_minor), money(balance.closing_minor)
        return [(say("Opening balance"), opening), (say("Closing balance"), closing)]
    return [
        (say("Charged"), money(statement.charged_minor)),
        (say("Credited"), money(statement.credited_minor)),
        (say("Paid of what was charged"), money(statement.paid_minor)),
        (say("Not yet paid"), money(statement.open_minor)),
    ]


def activity_of(statement: Statement) -> Sentence:
    """S13: what was charged and credited for a part, and on whose books; nothing of anything being owed."""
    account = statement.account or statement.payer
    charged = Money(statement.charged_minor, statement.currency)
    credited = Money(statement.credited_minor, statement.currency)
    sentence = _charged(statement, account, charged, credited)
    if not charged:
        return sentence
    paid = Money(statement.paid_minor, statement.currency)
    return together(sentence, say("Of what was charged, {paid} is paid.", paid=paid))


def _charged(statement: Statement, account: Party, charged: Money, credited: Money) -> Sentence:
    payer = statement.payer
    if account.public_id == payer.public_id:
        if not credited:
            return say("{charged} charged for {payer} itself.", charged=charged, payer=payer.name)
        return say(
            "{charged} charged and {credited} credited for {payer} itself.",
            charged=charged,
            credited=credited,
            payer=payer.name,
        )
    if not credited:
        return say(
            "{charged} charged for {account}, billed to {payer}.",
            charged=charged,
            account=account.name,
            payer=payer.name,
        )
    return say(
        "{charged} charged and {credited} credited for {account}, billed to {payer}.",
        charged=charged,
        credited=credited,
        account=account.name,
        payer=payer.name,
    )


def balance_of(statement: Statement) -> Sentence:
    """What a whole statement ends with, in words; what a part did instead of that."""
    balance = statement.balance
    if balance is None:
        return activity_of(statement)
    closing = Money(balance.closing_minor, statement.currency)
    if statement.so_far:
        return _so_far(closing)
    if not closing:
        return say("At its end nothing is owed.")
    if closing.minor < 0:
        return say("At its end {amount} is owed.", amount=-closing)
    return say("At its end {amount} is in credit.", amount=closing)


def _so_far(closing: Money) -> Sentence:
    if not closing:
        return say("So far nothing is owed.")
    if closing.minor < 0:
        return say("So far {amount} is owed.", amount=-closing)
    return say("So far {amount} is in credit.", amount=closing)
