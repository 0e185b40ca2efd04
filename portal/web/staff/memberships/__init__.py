"""Membership plans in the back office."""
