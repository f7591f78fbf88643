"""Benchmarks: instances, or programs of others, times solvers, options and seeds, measured one after the other.

spec          what a specification holds
contenders    what is compared: the engine, or a solver on the whole program
subjects      what is solved: instances that are read or generated, and MPS files
cells         the grid, each cell with a key
cell_process  one cell solved and measured in a process of its own
load          what else the machine does meanwhile
trace         the best plan and bound over time, and integrals over it
run           cells carried out; resumes
measures      means, performance profiles and tests over cells
rows          cells as rows: CSV
report        report.md
plots         plots as SVG
"""
