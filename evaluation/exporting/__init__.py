"""What a run found, for other tools: long tables as files, and runs of Weights & Biases and MLflow.

:mod:`.score_table` makes a row of every score; :mod:`.table_files` writes tables as CSV, JSON lines or
Parquet; :mod:`.tracked` says what a tracker is told, and :mod:`.to_wandb` and :mod:`.to_mlflow` tell it.
"""
