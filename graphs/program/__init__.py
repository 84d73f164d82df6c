"""A graph in a Python program: built in code, called as a function, run with somebody watching, shown."""
