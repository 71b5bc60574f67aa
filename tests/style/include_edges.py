"""Who includes whom: the edges of the layers, and no other.

    include_edges.py SOURCE_ROOT

Every #include of the project's own files must be an edge of EDGES or one of EXCEPTIONS. The headers
of the codec libraries and of libsrtp belong to one place each. Cycles of headers within a layer are
allowed and noted.
"""
import os
import re
import sys

import tree

ANYTHING = None
EDGES = {
    "include/tacet": {"include/tacet"},
    "src": {"include/tacet"},
    "src/base": {"include/tacet"},
    "src/crypto": {"include/tacet", "src/base"},
    "src/rtp": {"include/tacet", "src/base"},
    "src/media": {"include/tacet", "src/base"},
    "src/call": {"include/tacet", "src/crypto", "src/rtp", "src/base"},
    "codecs": {"include/tacet", "src/base"},
    "src/shell": {"include/tacet", "src/media", "src/base"},
    "src/sim": {"include/tacet", "src/media", "src/base"},
    "tools/tacet": {"include/tacet", "src/sim"},
    "tools/bench": ANYTHING,
    "tests": ANYTHING,
}
EXCEPTIONS = {
    ("src/shell/init.c", "src/crypto/srtp.h"),
}
# The tool starts the benchmarks through their one header.
EXCEPTION_FOLDERS = {("tools/tacet", "tools/bench/bench.h")}
# (headers of a library, who may include them, in words)
OWNERS = [
    (re.compile(r"(opus|vpx)[/_.]"), re.compile(r"codecs/"), "codecs alone include opus and vpx"),
    (re.compile(r"(srtp2|srtp3)?/?srtp\.h$|srtp2/"), re.compile(r"src/crypto/srtp\.c$"),
     "src/crypto/srtp.c alone includes libsrtp"),
]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def layer(name):
    """The longest layer that the file is in, or None."""
    fitting = [l for l in EDGES if name.startswith(l + "/")]
    return max(fitting, key=len, default=None)


def resolve(includer, included, names):
    """The project's file that is meant, or None: beside the includer, include/, src/, tools/."""
    beside = os.path.normpath(os.path.join(os.path.dirname(includer), included))
    for candidate in (beside, "include/" + included, "src/" + included, "tools/" + included):
        for file in (candidate, candidate + ".in"):  # the build makes one from the other
            if file in names:
                return file
    return None


def judge_edge(includer, included):
    """None, or what is wrong with this edge between two of the project's files."""
    a, b = layer(includer), layer(included)
    if a is None:
        return f"{includer} is in no known layer"
    allowed = EDGES[a]
    if allowed is ANYTHING or a == b or b in allowed:
        return None
    if (includer, included) in EXCEPTIONS or (a, included) in EXCEPTION_FOLDERS:
        return None
    return f"{a} may not include {b or included}"


def judge_library(includer, included):
    allowed = EDGES.get(layer(includer), ANYTHING)
    if allowed is ANYTHING:
        return None
    for headers, owner, text in OWNERS:
        if headers.match(included) and not owner.match(includer):
            return text
    return None


def cycles(graph):
    """Each set of files that include one another, by walking back to the start."""
    found = set()
    for start in graph:
        stack, seen = [(start, (start,))], set()
        while stack:
            node, path = stack.pop()
            for following in graph.get(node, ()):
                if following == start:
                    found.add(tuple(sorted(path)))
                elif following not in seen:
                    seen.add(following)
                    stack.append((following, path + (following,)))
    return found


def main(root):
    names = set(tree.files(root))
    failures, graph, edges = [], {}, 0
    for name in sorted(n for n in names if n.endswith((".c", ".h"))):
        text = tree.read(root, name) or ""
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            quoted, included = match.group(1) == '"', match.group(2)
            target = resolve(name, included, names)
            if target is not None and (quoted or included.startswith("tacet/")):
                wrong = judge_edge(name, target)
                graph.setdefault(name, set()).add(target)
                edges += 1
            elif quoted:
                wrong = f'"{included}" is no file of the project'
            else:
                wrong = judge_library(name, included)
            if wrong:
                failures.append(f"{name}:{line}: {wrong}")
    if edges == 0:
        failures.append("no include was found: the test looked at nothing")
    notes = ["headers include one another: " + ", ".join(c) for c in sorted(cycles(graph))]
    return tree.finish(f"{edges} edges", failures, notes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
