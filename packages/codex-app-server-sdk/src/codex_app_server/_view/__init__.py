"""How a turn is shown to people: the same lines on a terminal, as plain text and as HTML. Not imported by the client."""
