"""Other programs that mezzotint's nodes are at home in."""
