"""Write down in the package which model it ships: the hash of the manifest, which holds those of the other files."""

import hashlib
from pathlib import Path

from social_guard.files import persistence
from social_guard.safe_files import write_file


def main() -> None:
    """Run by ``make model``, and by hand after any other change of ``models/default``."""
    content = (persistence.default_folder() / persistence.MANIFEST).read_bytes()
    line = f"{hashlib.sha256(content).hexdigest()}  {persistence.MANIFEST}\n"
    write_file(Path(persistence.__file__).with_name(persistence.PINNED), line)


if __name__ == "__main__":
    main()
