"""Takes the C programs out of a page, so that a build shows that they still fit the headers.

    code_blocks.py PAGE.md OUT.c [OUT.c ...]

Writes the page's C blocks, in order, to the files named. A page with another number of them fails.
"""
import re
import sys


def main():
    page, outputs = sys.argv[1], sys.argv[2:]
    with open(page, encoding="utf-8") as file:
        blocks = re.findall(r"^```c\n(.*?)^```$", file.read(), flags=re.DOTALL | re.MULTILINE)
    if len(blocks) != len(outputs):
        sys.exit(f"{page}: {len(blocks)} C blocks, expected {len(outputs)}")
    for name, block in zip(outputs, blocks):
        with open(name, "w", encoding="utf-8") as file:
            file.write(block)


if __name__ == "__main__":
    main()
