"""Run folders read back: what one holds, and every number of it with how sure it is.

:mod:`.run_record` and :mod:`.metrics_file` read ``run.json`` and ``metrics.json``; :mod:`.run_folder` puts a
whole folder together; :mod:`.places` tells which unit, seed and setting each row of the items table is of;
:mod:`.scores` makes scores of it, and :mod:`.protocols` tells whether two of them may be compared.
Comparisons, gates, reports and exports stand on these. No torch is imported, and nothing outside the folder
is read.
"""
