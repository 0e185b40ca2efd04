"""Sub-accounts and partner accounts."""
