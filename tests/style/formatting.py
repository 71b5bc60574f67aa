"""Every C source is as clang-format leaves it (headers keep their comments in columns by hand).

    formatting.py SOURCE_ROOT

Skipped (77) where clang-format is not installed or is not the version that the files were formatted
with: others break lines differently.
"""
import os
import re
import shutil
import subprocess
import sys

import tree

VERSION = 14
SKIPPED = 77


def find_clang_format():
    """The program of that version, or None."""
    for name in (f"clang-format-{VERSION}", "clang-format"):
        path = shutil.which(name)
        if path is None:
            continue
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
        found = re.search(r"version (\d+)", said.stdout)
        if found and int(found.group(1)) == VERSION:
            return path
    return None


def main(root):
    program = find_clang_format()
    if program is None:
        print(f"skipped: no clang-format {VERSION}")
        return SKIPPED
    names = [n for n in tree.files(root) if n.endswith(".c")]
    if not names:
        return tree.finish("no file", ["no file was found: the test looked at nothing"])
    command = [program, "--dry-run", "--Werror"] + [os.path.join(root, n) for n in names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wrong = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", done.stderr, re.MULTILINE)))
    failures = [f"{os.path.relpath(n, root)}: run clang-format -i on it" for n in wrong]
    if done.returncode != 0 and not failures:
        failures = [done.stderr.strip()]
    return tree.finish(f"{len(names)} files", failures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
