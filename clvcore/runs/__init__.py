"""The only room with a clock, processes and files: the workspace and long jobs."""
