"""Blueprints of the back office."""

from __future__ import annotations

from flask import Blueprint


def blueprints() -> list[Blueprint]:
    """Every blueprint under /staff, with the pages that other modules add to the one of customers."""
    from portal.web.staff import audit, customers, front_desk, home, link_files, outbox
    from portal.web.staff.config import administrators, features, labels, notices, roles
    from portal.web.staff.config import portal as config
    from portal.web.staff.profile import (
        finance as statements,
    )
    from portal.web.staff.profile import (
        future_items,
        groups,
        logins,
        partner_accounts,
        postings,
        removal,
        settlement,
        sub_accounts,
    )

    money = (settlement, statements, postings, future_items)
    profile = (customers, groups, sub_accounts, partner_accounts, *money, logins, removal)
    office = (config, notices, labels, features, administrators, roles, audit, outbox)
    pages = (home, front_desk, *profile, link_files, *office)
    return list(dict.fromkeys(page.bp for page in pages))
