"""One’s own account: sign-in details, sessions, what was done on one’s behalf."""
