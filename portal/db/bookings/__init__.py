"""Sessions, bookings, baskets and what bookings came to on the books."""
