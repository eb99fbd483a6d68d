"""Sources to FetchedItems."""
