"""Statements: viewing them, their files, mailing and saving them, and the work that takes longer."""
