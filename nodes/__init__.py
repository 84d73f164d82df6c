"""Built-in nodes, one file a job."""
