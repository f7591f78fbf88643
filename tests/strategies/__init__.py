"""The search: what it adds to the program changes no plan, and what it says is proven is."""
