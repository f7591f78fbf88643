"""Conversions between a point of the program and a plan."""
