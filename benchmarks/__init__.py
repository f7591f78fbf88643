"""Measurements against what others have published: instances of the literature by the ordinary engine."""
