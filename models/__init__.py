"""What is given and what is decided, as immutable trees, with their files and their validation.

"Model" means the data here; the mathematics is in ``solver.formulation``.
"""
