"""What it does when something breaks under it, while people go on: one trial a fault.

`python -m tests.faults` runs them all; docs/faults.md says what each does and keeps the results.
Linux only, as it reads /proc.
"""
