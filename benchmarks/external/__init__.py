"""Instances that others wrote, said in our schema and solved like any other."""
