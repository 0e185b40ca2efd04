"""What is elsewhere: the clock, files, mail, PDF, spreadsheets."""
