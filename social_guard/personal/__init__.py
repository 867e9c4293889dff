"""Personal details: what they look like, where they stand in a comment, and a copy without them."""
