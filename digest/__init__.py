"""Digest: collects recent articles, tells each piece of news once, and mails it."""

__version__ = "0.1.0"
