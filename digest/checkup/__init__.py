"""What `digest doctor` looks at: observed facts to verdicts, each with its cure."""
