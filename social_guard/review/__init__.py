"""The page on which a team decides about comments, and its decisions on their way back."""
