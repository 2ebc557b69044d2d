"""The sample year: who plays in it, what they do, and the play itself."""
