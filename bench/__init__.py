"""Benches: every speed claim a ratio, every quality claim a number on a data folder."""
