"""Stories to an Issue to Editions."""
