"""Messages to many customers, in the back office (O2)."""
