"""Plain values become text, tables, charts and HTML; knows nothing of comments."""
