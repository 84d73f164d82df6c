"""The arithmetic of metrics: plain classes over features, in NumPy, that know no model and no graph."""
