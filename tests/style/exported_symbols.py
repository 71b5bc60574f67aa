"""Every symbol that others can see begins with tacet_.

    exported_symbols.py NM [--shared LIBRARY] ARCHIVE...

For the shared library: every dynamic symbol that it defines. For the archives: every global symbol
that an object defines, since a static library hides nothing.
"""
import re
import subprocess
import sys

import tree

# What compilers and sanitizers define by themselves.
COMPILER = re.compile(r"__(odr_)?asan|__ubsan|__tsan|__msan|__sanc|__sanitizer|__llvm|__gcov|"
                      r"__prof|__start_|__stop_|__odr|_init$|_fini$|__bss_start$|_edata$|_end$|"
                      r"__x86\.get_pc_thunk|DW\.ref\.|__dso_handle$")


def defined(nm, options, file):
    """Names of the global symbols that the file defines."""
    command = [nm, "--defined-only", "--extern-only", "--format=posix"] + options + [file]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in text.splitlines() if len(line.split()) >= 2]


def main(arguments):
    nm, rest = arguments[0], arguments[1:]
    shared = None
    if rest[0] == "--shared":
        shared, rest = rest[1], rest[2:]
    failures, count = [], 0
    for file, options in ([(shared, ["-D"])] if shared else []) + [(f, []) for f in rest]:
        names = [n.split("@")[0] for n in defined(nm, options, file)]
        own = [n for n in names if n.startswith("tacet_")]
        failures += [f"{file}: {n} does not begin with tacet_"
                     for n in names if n not in own and not COMPILER.match(n)]
        count += len(own)
        if not own:
            failures.append(f"{file}: no symbol was found: the test looked at nothing")
    notes = [] if shared else ["no shared library in this build"]
    return tree.finish(f"{count} symbols", failures, notes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
