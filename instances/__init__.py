"""The catalogue of public figures, the generator, and the named instances built from it."""
