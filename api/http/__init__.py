"""The service over HTTP: thin routes that call what the command line calls.

app         the application: routes, middleware, what lives as long as it does
bodies      what bodies hold, and how they are read
work        what needs the data or the engine, done in processes beside the server
pool        those processes
runs        /v1/runs
stateless   validate, check, report, compare, schema, solvers
instances   /v1/instances
stream      events of a run as they come
operations  health, metrics, audit
problems    errors, in one shape
guard       limits on bodies, and one log line a request
reading     JSON of bodies, within a second whatever it holds
answers     what answers hold, as OpenAPI describes them
protocol    HTTP itself
callers     who asks, and what they may do
context     what routes share
"""
