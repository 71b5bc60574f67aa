"""Every header compiles alone: the public ones as C11 and C++17, the inner ones as C11.

    header_alone.py SOURCE_ROOT C_COMPILER [CXX_COMPILER]

A compiler is one argument, its words separated by blanks.
"""
import os
import shlex
import subprocess
import sys

import tree

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]


def compile_alone(compiler, language, includes, header):
    """None, or what the compiler said about a file that includes nothing but this header."""
    # Twice: the guard must hold too.
    source = f'#include "{header}"\n#include "{header}"\n'
    command = compiler + WARNINGS + language + includes + ["-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stderr.strip()


def main(root, c_compiler, cxx_compiler):
    failures, count = [], 0
    c11, cxx17 = ["-x", "c", "-std=c11"], ["-x", "c++", "-std=c++17"]
    include, src = "-I" + os.path.join(root, "include"), "-I" + os.path.join(root, "src")
    for name in tree.files(root):
        if not name.endswith(".h"):
            continue
        runs = []
        if name.startswith("include/"):
            runs.append((c_compiler, c11, [include], name[len("include/"):]))
            if cxx_compiler:
                runs.append((cxx_compiler, cxx17, [include], name[len("include/"):]))
        elif name.startswith("src/"):
            runs.append((c_compiler, c11, [include, src], name[len("src/"):]))
        for run in runs:
            count += 1
            said = compile_alone(*run)
            if said is not None:
                failures.append(f"{name} does not compile alone with {' '.join(run[1])}:\n{said}")
    if count == 0:
        failures.append("no header was found: the test looked at nothing")
    notes = [] if cxx_compiler else ["no C++ compiler: C++17 was not tried"]
    return tree.finish(f"{count} compilations", failures, notes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], shlex.split(sys.argv[2]),
                  shlex.split(sys.argv[3]) if len(sys.argv) > 3 else []))
