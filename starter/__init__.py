"""The bundled offline models, the world they draw, and its judge."""
