"""What a person wrote: letters folded, disguises seen through, tokens."""
