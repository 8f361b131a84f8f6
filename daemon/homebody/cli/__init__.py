"""The `homebody` command."""
