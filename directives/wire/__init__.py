"""Values to bytes and back: one codec for the network, one for what we wrote ourselves, and sealing."""
