"""The command clv: the same work as in the browser, on a terminal."""
