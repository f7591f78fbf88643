"""Branch and cut inside the solver's process, from the relaxation that rounds have solved: cuts, then branching."""
