"""A brute-force solver for tiny instances: every integer decision is tried, the continuous rest is a linear program.

It shares no code with the engine and knows the data only. `enumerate` decides, the other modules write the rows
and the costs longhand, `tiny` draws instances.
"""
