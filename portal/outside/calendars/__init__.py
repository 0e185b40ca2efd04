"""Calendars: what a rule of RFC 5545 makes of a first date, and files of the form iCalendar."""
