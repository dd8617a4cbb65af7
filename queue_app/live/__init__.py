"""The live fan-out: what is watched, and who writes it to all who watch."""
