"""How fast the portal is, each job beside the limit that the same machine sets in the same run."""
