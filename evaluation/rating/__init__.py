"""People choose between pictures without knowing who made them: the page, its votes, and what they come
to.
"""
