"""Banks: their account numbers and references, how to pay, and the files they write."""
