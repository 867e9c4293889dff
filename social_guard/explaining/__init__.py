"""Why a comment has its scores and its decision, in the words that stand in it."""
