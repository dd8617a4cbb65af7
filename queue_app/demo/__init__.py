"""A crowd of synthetic visitors and clerks that drives a real server, and its page."""
