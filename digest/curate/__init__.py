"""FetchedItems to Articles to Stories."""
