"""The outbox: messages are sent by the worker (`sending`), and looked at and after in the back office (`reading`)."""

from portal.actions.outbox.reading import (
    PAGE_SIZE,
    WITHHELD,
    AttachedFile,
    OutboxMessageView,
    OutboxPage,
    OutboxRow,
    list_messages,
    open_attachment,
    open_message,
    queue_again,
    state_of,
    states,
)
from portal.actions.outbox.sending import BATCH, Tally, send_due

__all__ = [
    "BATCH",
    "PAGE_SIZE",
    "WITHHELD",
    "AttachedFile",
    "OutboxMessageView",
    "OutboxPage",
    "OutboxRow",
    "Tally",
    "list_messages",
    "open_attachment",
    "open_message",
    "queue_again",
    "send_due",
    "state_of",
    "states",
]
