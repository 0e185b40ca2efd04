"""Finding customers for staff: what is asked, the words of it, the statements of each engine, and what they find."""
