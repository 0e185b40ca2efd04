"""Long work: its queue, waking the worker, and whether anything is due."""
