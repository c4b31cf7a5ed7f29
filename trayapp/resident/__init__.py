"""The running app without a face: it owns the parts, starts and stops them, publishes Status."""
