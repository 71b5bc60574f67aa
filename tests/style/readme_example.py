"""The example in README.md is C that compiles against the public headers.

usage: readme_example.py ROOT COMPILER
"""
import os
import re
import shlex
import subprocess
import sys


def main(root, compiler):
    with open(os.path.join(root, "README.md"), encoding="utf-8") as readme:
        found = re.search(r"^```c\n(.*?)^```$", readme.read(), re.MULTILINE | re.DOTALL)
    if not found:
        print("README.md has no example in C")
        return 1
    done = subprocess.run([*compiler, "-std=c11", "-Wall", "-Wextra", "-Wno-unused-parameter",
                           "-Werror", "-fsyntax-only", "-I" + os.path.join(root, "include"),
                           "-x", "c", "-"], input=found.group(1), text=True, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], shlex.split(sys.argv[2])))
