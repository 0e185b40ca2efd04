"""Logins: the people, their sessions, emailed tokens, and tries to sign in."""
