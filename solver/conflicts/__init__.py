"""Why there is no plan: which commitments and limits cannot hold together, where, when and by how much."""
