"""Membership plans and memberships."""
