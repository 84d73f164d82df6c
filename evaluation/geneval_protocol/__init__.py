"""GenEval's protocol: its prompts, its rules over detections, and how it tells colours."""
