"""Booking, waiting, cancelling, checking in: what is done about places in sessions (B1 to B12)."""
