"""The program as a user of Pyomo or linopy would write it, to compare how long it takes to state."""
