"""How fast it is, beside a reference in the same run; nothing here is asserted on time.

`python -m tests.load` prints a table of each benchmark; docs/benchmarks.md keeps measured ones.
"""
