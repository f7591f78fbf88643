"""The entry points for people and programs: the command line and runs. No mathematics."""
