"""The desk and the timetable in the back office."""
