"""Messages to many customers at once: who gets a copy, by which way, and who does not, with the reason (O2)."""
