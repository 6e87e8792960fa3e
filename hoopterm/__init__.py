"""What people run: the command line and the console.

cli       one module per noun
console   the terminal console
client    the only road to the engine: its control API, typed
wire      its requests, streams and refusals
address   where that engine is
bastion   the OpenSSH server before it; pair: over what, where the engine itself opened this console
frames    frames of the control API as those of a recording
errors    what ends a command: message, hint, exit status
demo      a shop, an engine, and an agent that works through it

Of the engine only `engine.api.schema` is imported here, except by what starts one or needs none.
"""
