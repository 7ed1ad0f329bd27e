"""Adapters to frameworks and tools, one file each; none is imported unless asked for."""
