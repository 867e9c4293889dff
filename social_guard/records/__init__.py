"""What is kept, sealed and under pseudonyms: decisions, breaches, and what they teach."""
