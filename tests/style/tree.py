"""The project's own files, for the scripts beside this one."""
import os
import subprocess


def files(root):
    """Relative paths of all files that are tracked (or new and not ignored)."""
    command = ["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        names = listed.splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = walk(root)  # a source archive: no git there
    return sorted({n for n in names if os.path.isfile(os.path.join(root, n))})


def walk(root):
    names = []
    for folder, folders, entries in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith((".", "build", "__pycache__"))]
        names += [os.path.relpath(os.path.join(folder, e), root) for e in entries]
    return names


def read(root, name):
    """The text of a file, or None where it is not text."""
    with open(os.path.join(root, name), "rb") as file:
        data = file.read()
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def finish(what, failures, notes=()):
    """Prints what was found and gives the exit status."""
    for note in notes:
        print("note:", note)
    for failure in failures:
        print(failure)
    print(f"{what}: {len(failures)} failures, {len(notes)} notes")
    return 1 if failures else 0
