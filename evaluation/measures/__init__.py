"""The arithmetic of metrics: NumPy classes over features that know no model, a file for each.

Shared: features checked and gathered (:mod:`.rows`), their moments (:mod:`.moments`), sets that are kept
whole to be compared (:mod:`.comparison`), and exact nearest neighbours: bounds of distances
(:mod:`.distance_bounds`), who may be nearest (:mod:`.candidates`), and how far it is (:mod:`.neighbours`).
"""
