"""`homebody bench`: how fast, how good."""
