"""Seeded instances of five sizes: real places, prices and hardware, a synthetic organisation."""

from instances.generator.generate import generate

__all__ = ["generate"]
