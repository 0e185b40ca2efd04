"""The audit log: writing it, searching it, and who looked at whose pages."""
