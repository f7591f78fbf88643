"""Ways to search: one program as it stands, and the plan by hand."""
