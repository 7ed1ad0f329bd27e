"""A browser, and the pages that it opens."""
