"""The mathematics, written once: variables, families of constraints and cost terms over the tables."""
