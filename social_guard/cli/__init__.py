"""The command line, ``social-guard``: the only room that prints."""
