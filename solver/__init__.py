"""The mathematics and everything that computes: instance, tables, program, outcome, plan, check, report."""
