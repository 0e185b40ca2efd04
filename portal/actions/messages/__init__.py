"""Messages to many customers: choosing who gets one, sending it, and what became of it (O2)."""
