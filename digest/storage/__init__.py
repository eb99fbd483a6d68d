"""The one SQL speaker."""
