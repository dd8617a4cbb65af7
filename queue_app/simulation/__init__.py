"""Synthetic days of a branch, to compare policies and rosters and to check the estimates."""
