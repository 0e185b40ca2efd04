"""The bank: which of what is open a credit on its account pays."""
