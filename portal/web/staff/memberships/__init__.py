"""Membership plans, and what bookings and memberships bring in, in the back office."""
