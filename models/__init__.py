"""The instance (what is given) and the plan (what is decided) as immutable trees, with their files and validation.

"Model" means the data here; the mathematical model is in ``solver.formulation``.
"""
