"""Cached functions: their keys, entries, lives, tags and stores."""
