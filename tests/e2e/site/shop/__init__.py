"""A site for the tests of browsers."""
