"""What an allocation is there for (F6, F7)."""

from __future__ import annotations

from enum import StrEnum


class AllocationKind(StrEnum):
    """Why a credit settles a charge.

    `PAYMENT` was chosen by somebody, or by the partner's setting, and can be taken back. The others follow from a
    paper and stay with it: a `CREDIT_NOTE` with its invoice, a `REFUND` with what it pays back, a `REVERSAL` with
    its original.
    """

    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"
    REFUND = "refund"
    REVERSAL = "reversal"
