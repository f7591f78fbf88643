"""Instances from the literature, expressed in our schema and solved like any other."""
