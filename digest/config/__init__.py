"""config.toml and the environment to one frozen Settings."""
