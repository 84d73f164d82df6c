"""How sure a number is: standard errors, intervals, and what each picture and each prompt add to it.

Everything stands on one thing, the *influence* of every member of a set on a result: to first order, by how
much the result would fall without it. Summed by prompt it gives the standard error, the paired difference of
two runs, and the number of prompts that a difference takes to be seen.
"""
