"""The words that stand for messages to many: what kind they are, by which way a copy comes, and what became of it."""

from __future__ import annotations

from enum import StrEnum

from portal.rules.sentences import NOTHING, Sentence, say


class MessageKind(StrEnum):
    """What a message is about. People can decline each of them but what concerns their money (O2)."""

    NEWS = "news"
    SERVICE = "service"
    MONEY = "money"

    @property
    def label(self) -> Sentence:
        if self is MessageKind.NEWS:
            return say("News")
        return say("Service: something they booked changes") if self is MessageKind.SERVICE else say("Money")

    @property
    def text(self) -> Sentence:
        """What people read where they choose what they want."""
        if self is MessageKind.NEWS:
            return say("News and offers")
        if self is MessageKind.SERVICE:
            return say("Changes to what is booked or used, and notices ahead")
        return say("What concerns money")

    @property
    def can_be_declined(self) -> bool:
        return self is not MessageKind.MONEY


class Way(StrEnum):
    """How a copy comes."""

    EMAIL = "email"
    SMS = "sms"
    PORTAL = "portal"

    @property
    def label(self) -> Sentence:
        if self is Way.EMAIL:
            return say("Email")
        return say("SMS") if self is Way.SMS else say("Portal")


class MessageState(StrEnum):
    """What a message has come to. SENT is one of which nothing waits any more."""

    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    STOPPED = "stopped"

    @property
    def label(self) -> Sentence:
        if self is MessageState.SCHEDULED:
            return say("Scheduled")
        if self is MessageState.SENDING:
            return say("Being sent")
        return say("Sent") if self is MessageState.SENT else say("Stopped")


class CopyState(StrEnum):
    """What became of one customer's copy."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    LEFT_OUT = "left_out"

    @property
    def label(self) -> Sentence:
        if self is CopyState.WAITING:
            return say("Waits")
        if self is CopyState.SENT:
            return say("Sent")
        return say("Failed") if self is CopyState.FAILED else say("Gets none")


class Why(StrEnum):
    """Why a customer gets no copy of its own; NOT for one that does."""

    NOT = ""
    DECLINED = "declined"
    NO_ADDRESS = "no_address"
    SAME_ADDRESS = "same_address"
    INACTIVE = "inactive"
    REMOVED = "removed"
    STOPPED = "stopped"

    def sentence(self, address: str = "", other: str = "") -> Sentence:
        """The reason in words; `address` and `other` are those of the copy that was sent instead."""
        if self is Why.DECLINED:
            return say("Declined messages of this kind.")
        if self is Why.NO_ADDRESS:
            return say("Nothing is on file by which it could come.")
        if self is Why.SAME_ADDRESS:
            return say("The copy for {other} goes to the same address, {address}.", other=other, address=address)
        if self is Why.INACTIVE:
            return say("Is Inactive.")
        if self is Why.REMOVED:
            return say("Was removed.")
        return say("The message was stopped before.") if self is Why.STOPPED else NOTHING

    @property
    def label(self) -> Sentence:
        """Over a number of those who get none."""
        if self is Why.DECLINED:
            return say("Declined this kind")
        if self is Why.NO_ADDRESS:
            return say("No address")
        if self is Why.SAME_ADDRESS:
            return say("Same mailbox")
        if self is Why.INACTIVE:
            return say("Inactive")
        return say("Removed") if self is Why.REMOVED else say("Stopped before")
