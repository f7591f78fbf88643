"""Adapters to solvers, each in a process of its own: arrays in, an outcome out."""
