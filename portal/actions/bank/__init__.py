"""Bank files: taking them in, looking at them, and confirming what their lines pay (F16)."""
