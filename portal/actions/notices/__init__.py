"""Notices of blocking: whoever is blocked is told, as each partner wants it (O3, F9, L11).

A notice is written with the block, by `Watch`. When its hour comes, `release` turns it into messages of the outbox.
"""

from portal.actions.notices.config import (
    NoticePage,
    NoticePreview,
    PartnerNotices,
    list_partners,
    open_partner,
    preview,
    save,
)
from portal.actions.notices.forecasts import Outlook, outlook
from portal.actions.notices.profile import Told, told
from portal.actions.notices.releasing import Released, release
from portal.actions.notices.writing import Watch

__all__ = [
    "NoticePage",
    "NoticePreview",
    "Outlook",
    "PartnerNotices",
    "Released",
    "Told",
    "Watch",
    "list_partners",
    "open_partner",
    "outlook",
    "preview",
    "release",
    "save",
    "told",
]
