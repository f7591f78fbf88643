"""Ways to search: one program as it stands, and the constructive plan."""
