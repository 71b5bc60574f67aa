"""What a look at the text alone can tell.

    tidy.py SOURCE_ROOT

Fails on: banned calls, tabs, trailing blanks, lines over 100 columns, CRLF, invisible characters, a
file without its final newline, sources that no meson.build names, a .c that does not open with a
comment or does not include its own header first. Long files and functions are only noted.
"""
import os
import re
import sys

import tree

COLUMNS = 100
FILE_LINES, FUNCTION_LINES = 450, 70
BANNED = re.compile(r"\b(strcpy|strcat|v?sprintf|gets|ato[ifl]l?|strtok|s?rand|alloca)\s*\(")
INVISIBLE = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u180e"
                       "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]")
DATA = (".json", ".csv")  # long lines are theirs by nature


def without_comments_and_strings(text):
    """The code with comments and literals blanked, its lines kept."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.DOTALL)


def check_text(name, text):
    """Failures of any text file."""
    for number, line in enumerate(text.split("\n"), 1):
        at = f"{name}:{number}:"
        if line.endswith("\r"):
            yield f"{at} CRLF"
            line = line[:-1]
        if "\t" in line:
            yield f"{at} tab"
        if line != line.rstrip():
            yield f"{at} trailing blank"
        # A row of a Markdown table cannot be broken, nor can an address.
        unbreakable = name.endswith(DATA) or (name.endswith(".md") and line.startswith("|")) or \
            re.fullmatch(r"\S*\s*\S*https?://\S+", line)
        if len(line) > COLUMNS and not unbreakable:
            yield f"{at} {len(line)} columns"
        hidden = INVISIBLE.search(line)
        if hidden:
            yield f"{at} invisible character U+{ord(hidden.group()):04X}"
    if text and not text.endswith("\n"):
        yield f"{name}: no newline at its end"


def check_c(name, text, names):
    """Failures of a C file."""
    code = without_comments_and_strings(text)
    for match in BANNED.finditer(code):
        line = code.count("\n", 0, match.start()) + 1
        yield f"{name}:{line}: {match.group(1)} is banned"
    if name.endswith(".c") and not text.startswith("/*"):
        yield f"{name}:1: does not open with a comment that says what it is"
    own = own_headers(name, names)
    if own:
        first = re.search(r'^#\s*include\s*["<]([^">]+)', text, re.MULTILINE)
        if first is None or first.group(1) not in own:
            yield f"{name}: does not include its own header first: {' or '.join(own)}"


def own_headers(name, names):
    """How a source of src/ may name the header of its own name, if there is one."""
    match = re.fullmatch(r"src/(?:(\w+)/)?(\w+)\.c", name)
    if not match:
        return []
    candidates = ["tacet/" + match.group(2) + ".h"]
    if match.group(1):
        candidates.insert(0, match.group(1) + "/" + match.group(2) + ".h")
    return [c for c in candidates if "src/" + c in names or "include/" + c in names]


def is_named(name, builds):
    """Whether a meson.build of the file's folder or above names it, as itself or in a list."""
    base = os.path.basename(name)
    words = {base, re.sub(r"^(test|fuzz)_(\w+)\.c$", r"\2", base)}
    folder = os.path.dirname(name)
    while True:
        text = builds.get(os.path.join(folder, "meson.build"), "")
        quoted = re.findall(r"'([^'\n]*)'", text)
        if any(os.path.basename(q) in words for q in quoted):
            return True
        if not folder:
            return False
        folder = os.path.dirname(folder)


def long_functions(name, text):
    """Notes about functions longer than a screen: braces of functions stand in column 0."""
    begin = None
    for number, line in enumerate(text.split("\n"), 1):
        if line == "{":
            begin = number
        elif line == "}" and begin is not None:
            if number - begin - 1 > FUNCTION_LINES:
                yield f"{name}:{begin}: a function of {number - begin - 1} lines"
            begin = None


def check_banned_flags(root):
    """VLAs are the compiler's to find; the build must ask it to."""
    build = tree.read(root, "meson.build") or ""
    for flag in ("'-Wvla'", "'werror=true'", "'-fvisibility=hidden'", "'b_ndebug=false'"):
        if flag not in build:
            yield f"meson.build: {flag} is gone"


def main(root):
    names = tree.files(root)
    texts = {n: tree.read(root, n) for n in names if not n.startswith("tests/fuzz/corpus/")}
    texts = {n: t for n, t in texts.items() if t is not None}
    builds = {n: t for n, t in texts.items() if os.path.basename(n) == "meson.build"}
    included = set(re.findall(r'#\s*include\s*["<](?:[^">]*/)?([^">/]+)[">]',
                              "\n".join(t for n, t in texts.items() if n.endswith((".c", ".h")))))
    failures, notes = list(check_banned_flags(root)), []
    for name, text in texts.items():
        failures += check_text(name, text)
        if not name.endswith((".c", ".h")):
            continue
        failures += check_c(name, text, names)
        notes += long_functions(name, text)
        lines = text.count("\n")
        if lines > FILE_LINES:
            notes.append(f"{name}: {lines} lines")
        if name.endswith(".c") or name.startswith("include/"):
            if not is_named(name, builds):
                failures.append(f"{name}: no meson.build names it")
        elif os.path.basename(name) not in included:
            notes.append(f"{name}: nothing includes it")
    if not texts:
        failures.append("no file was found: the test looked at nothing")
    return tree.finish(f"{len(texts)} files", failures, notes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
