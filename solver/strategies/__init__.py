"""Ways to search: one solver for the whole program, a search by two processes, and the constructive plan."""
