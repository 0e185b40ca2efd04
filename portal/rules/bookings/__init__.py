"""Bookings: activities, their sessions, who has a place and who waits for one (B1 to B12)."""
