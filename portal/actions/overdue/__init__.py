"""Who is overdue: blocked and free again (F9), and reminded (F14)."""
