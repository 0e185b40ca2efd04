"""Partners: their settings and the features that are on for them."""
