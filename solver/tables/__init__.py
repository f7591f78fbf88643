"""From an instance to index sets, maps and arrays."""
