"""Two runs, or more, judged side by side: who is better, by how much, and whether chance alone would do it.

:mod:`.paired` takes the difference of one score between two runs, prompt by prompt, with :mod:`.sign_flips`
for few prompts and :mod:`.share_interval` for shares; :mod:`.comparison` does so for all that the runs
share, with :mod:`.holm` over them, and :mod:`.ranking` for more than two. :mod:`.allowances` reads what a
gate lets pass, :mod:`.gates` decides, :mod:`.junit` tells a CI system. :mod:`.components` and :mod:`.power`
say how many prompts and seeds a fresh run would need.
"""
