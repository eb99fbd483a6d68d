"""The readers' door: HTTP requests to use cases, results to pages and JSON."""
