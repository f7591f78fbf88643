"""From a point of the program to a plan."""
