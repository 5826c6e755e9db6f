"""Anonymous page-view counters."""
