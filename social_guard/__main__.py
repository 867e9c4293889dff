"""``python -m social_guard``: the command line."""

from .cli import main

if __name__ == "__main__":
    main()
