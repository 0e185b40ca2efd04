"""Partners: what their customers see, and which features are switched on for them."""
