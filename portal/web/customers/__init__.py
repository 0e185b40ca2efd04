"""Pages about a customer and about whom one may act for."""
