"""Checks of groups: one Owner each, of one partner, and nothing left over of what has ended."""

from __future__ import annotations

from portal.db.doctor import Check
from portal.db.doctor.reading import sentences
from portal.rules.sentences import Sentence, say


def owners() -> list[Sentence]:
    """G3: every group that is not dissolved has exactly one Owner."""
    return sentences(
        """
        SELECT coalesce(g.external_id, g.public_id) AS name, count(m.id) AS owners FROM customer_group g
        LEFT JOIN group_member m ON m.group_id = g.id AND m.left_at IS NULL AND m.role = 'owner'
        WHERE g.dissolved_at IS NULL GROUP BY g.id, g.external_id, g.public_id HAVING count(m.id) <> 1 ORDER BY g.id
        """,
        lambda row: (
            say("The group {name} has {owners} Owners.", name=row.name, owners=row.owners)
            if row.owners
            else say("The group {name} has no Owner.", name=row.name)
        ),
    )


def owners_stay() -> list[Sentence]:
    """G3: an Owner's membership has no end."""
    return sentences(
        """
        SELECT c.name, m.until FROM group_member m JOIN customer c ON c.id = m.customer_id
        WHERE m.role = 'owner' AND m.left_at IS NULL AND m.until IS NOT NULL ORDER BY m.id
        """,
        lambda row: say(
            "{name} is the Owner of a group, and its membership ends on {until}.", name=row.name, until=row.until
        ),
    )


def same_partner() -> list[Sentence]:
    """G9: a group and everybody in it are of one partner."""
    return sentences(
        """
        SELECT c.name, coalesce(g.external_id, g.public_id) AS "group" FROM group_member m
        JOIN customer c ON c.id = m.customer_id JOIN customer_group g ON g.id = m.group_id
        WHERE m.partner_id <> c.partner_id OR m.partner_id <> g.partner_id ORDER BY m.id
        """,
        lambda row: say("{name} and the group {group} belong to different partners.", name=row.name, group=row.group),
    )


def dissolved() -> list[Sentence]:
    """Nobody is a member of a group that is dissolved."""
    return sentences(
        """
        SELECT c.name, coalesce(g.external_id, g.public_id) AS "group" FROM group_member m
        JOIN customer c ON c.id = m.customer_id
        JOIN customer_group g ON g.id = m.group_id AND g.dissolved_at IS NOT NULL
        WHERE m.left_at IS NULL ORDER BY m.id
        """,
        lambda row: say("{name} is a member of the group {group}, which is dissolved.", name=row.name, group=row.group),
    )


def agreements() -> list[Sentence]:
    """G8: with a membership its agreement to being acted for ends."""
    return sentences(
        """
        SELECT c.name FROM acting_consent a JOIN group_member m ON m.id = a.member_id
        JOIN customer c ON c.id = m.customer_id
        WHERE a.withdrawn_at IS NULL AND m.left_at IS NOT NULL ORDER BY a.id
        """,
        lambda row: say("{name} left a group, but its agreement to being acted for still stands.", name=row.name),
    )


CHECKS = (
    Check(200, say("Every group has exactly one Owner"), owners),
    Check(210, say("No Owner's membership has an end"), owners_stay),
    Check(220, say("Groups and their members belong to one partner"), same_partner),
    Check(230, say("Nobody is in a group that is dissolved"), dissolved),
    Check(240, say("No agreement to being acted for outlasts its membership"), agreements),
)
