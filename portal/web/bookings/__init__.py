"""Bookings in the portal: finding, one check page for several people, what is booked, and the calendar."""
