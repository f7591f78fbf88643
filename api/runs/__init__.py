"""Runs: the layer that the command line and Python share, from the request to the folder with the result.

inputs      an instance, with a scenario applied to it
request     what to solve, and how
execute     carries out a request and returns a `Run`; reports events, stops on a `threading.Event`
events      what a run reports while it is under way
watch       turns the progress of the engine into events
exit_codes  exit codes and states
folder      the files of a run, written all at once or not at all
stored      reads the folder of a run
comparison  compares two runs
scratch     the temporary folder
options     options as files and requests write them
sets        fields of the instance set by the caller
documents   what `validate`, `check` and `report` answer, as JSON
child       a run in a process of its own, for batches and the service; child_process and child_folders: from outside
leftovers   what a killed process has left, removed
host, alive which machine this is, and whether a process still runs
"""
