"""Every table, a file a noun. Importing this package registers them all."""

from portal.db.tables.access import Administrator, EmailedToken, KeptForm, Login, LoginSession, SignInTry, StaffRole
from portal.db.tables.audit import AuditRecord, Operation
from portal.db.tables.bank import BankDecision, BankFile, BankLine, BankMapping, BankPart, BankStatement
from portal.db.tables.billing import BillingOutcome, BillingRun
from portal.db.tables.bookings import (
    Activity,
    Basket,
    BasketItem,
    Booking,
    BookingCharge,
    CalendarAddress,
    Session,
    SessionSeries,
)
from portal.db.tables.customers import Customer, Partner, PartnerBrand
from portal.db.tables.documents import Document, StoredFile
from portal.db.tables.groups import (
    ActingConsent,
    CustomerGroup,
    Feature,
    GroupInvitation,
    GroupLabel,
    GroupMember,
    GuardianshipFreeze,
    Viewing,
)
from portal.db.tables.invoices import CreditNote, CreditNoteLine, Invoice, InvoiceDraft, InvoiceLine, Refund
from portal.db.tables.jobs import Job, WorkerBeat
from portal.db.tables.ledger import (
    AccountMonth,
    Entry,
    FutureItem,
    LedgerAccount,
    NumberSeries,
    Posting,
)
from portal.db.tables.links import SharedBalance, SubAccountLink
from portal.db.tables.memberships import Membership, MembershipFreeze, MembershipPeriod, MembershipPlan
from portal.db.tables.messages import Message, MessageDeclined, MessageRecipient, MessageTemplate
from portal.db.tables.notices import BlockingNotice, NoticeSetting
from portal.db.tables.orders import CatalogueItem, CustomerOrder, OrderLine, OrderWish
from portal.db.tables.outbox import OutboxMessage, OutboxRecipient
from portal.db.tables.paying import PaymentRequest, PaymentRequestPart
from portal.db.tables.reminders import Reminder
from portal.db.tables.services import Service, ServiceChange, ServiceCharge
from portal.db.tables.settling import Allocation, AllocationPart, ItemMove, PeriodClosing
from portal.db.tables.statements import StatementMailing, StatementSubscription, StatementTrouble
from portal.db.tables.tickets import (
    CannedAnswer,
    Ticket,
    TicketEntry,
    TicketFile,
    TicketLetter,
    TicketMail,
    TicketPerson,
)

__all__ = [
    "AccountMonth",
    "ActingConsent",
    "Activity",
    "Administrator",
    "Allocation",
    "AllocationPart",
    "AuditRecord",
    "BankDecision",
    "BankFile",
    "BankLine",
    "BankMapping",
    "BankPart",
    "BankStatement",
    "Basket",
    "BasketItem",
    "BillingOutcome",
    "BillingRun",
    "BlockingNotice",
    "Booking",
    "BookingCharge",
    "CalendarAddress",
    "CannedAnswer",
    "CatalogueItem",
    "CreditNote",
    "CreditNoteLine",
    "Customer",
    "CustomerGroup",
    "CustomerOrder",
    "Document",
    "EmailedToken",
    "Entry",
    "Feature",
    "FutureItem",
    "GroupInvitation",
    "GroupLabel",
    "GroupMember",
    "GuardianshipFreeze",
    "Invoice",
    "InvoiceDraft",
    "InvoiceLine",
    "ItemMove",
    "Job",
    "KeptForm",
    "LedgerAccount",
    "Login",
    "LoginSession",
    "Membership",
    "MembershipFreeze",
    "MembershipPeriod",
    "MembershipPlan",
    "Message",
    "MessageDeclined",
    "MessageRecipient",
    "MessageTemplate",
    "NoticeSetting",
    "NumberSeries",
    "Operation",
    "OrderLine",
    "OrderWish",
    "OutboxMessage",
    "OutboxRecipient",
    "Partner",
    "PartnerBrand",
    "PaymentRequest",
    "PaymentRequestPart",
    "PeriodClosing",
    "Posting",
    "Refund",
    "Reminder",
    "Service",
    "ServiceChange",
    "ServiceCharge",
    "Session",
    "SessionSeries",
    "SharedBalance",
    "SignInTry",
    "StaffRole",
    "StatementMailing",
    "StatementSubscription",
    "StatementTrouble",
    "StoredFile",
    "SubAccountLink",
    "Ticket",
    "TicketEntry",
    "TicketFile",
    "TicketLetter",
    "TicketMail",
    "TicketPerson",
    "Viewing",
    "WorkerBeat",
]
