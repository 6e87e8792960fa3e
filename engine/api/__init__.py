"""The control API: who may ask the engine what, over its Unix socket.

schema      what is asked and answered; all a client needs to import
server      the socket, and the way of a request: who asks, may they, handle, answer or error
auth        who asks, from the kernel's peer credentials; what they may, from the YAML
routes      the one table: method, path, permissions, handler
call        one request of one known person, as handlers see it
views       the engine's values as the schema's
feeds       streams of lines: heartbeats, slow readers dropped
watching    a session's frames from its start, none lost or told twice
service targets reviews sessions locks tokens evidence searching changes policies explaining hosts
            what the routes do
"""
