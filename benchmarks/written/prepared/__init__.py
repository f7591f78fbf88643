"""What a user prepares before stating a model: lists of what exists, bounds, limits and prices, as arrays."""

from benchmarks.written.prepared.frames import Frame, Prepared, prepare

__all__ = ["Frame", "Prepared", "prepare"]
