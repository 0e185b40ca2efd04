"""Logins: emailed links, passwords, and pauses between tries."""
