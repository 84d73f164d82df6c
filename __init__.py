"""mezzotint: text-to-image pipelines as YAML graphs, run over every prompt, seed and setting, and scored."""
