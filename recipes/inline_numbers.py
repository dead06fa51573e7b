"""Counts the numbers without a name: literals inside functions, per module.

    python recipes/inline_numbers.py [-v] [FOLDER …]

Without folders: iimt_cli/page and iimt_cli/translation. With -v every counted literal is listed.

Not counted: 0, 1, 2, 3, 255 and 0.5 (of either sign), which mean themselves; whole numbers in an index or a slice; and
module constants, class attributes and defaults of dataclass fields, which have a name.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PLAIN = {0, 1, 2, 3, 255, 0.5}
FOLDERS = ("iimt_cli/page", "iimt_cli/translation")


def inline_numbers(source: str) -> list[tuple[int, float | complex]]:
    """Line and value of each literal that counts in Python source."""
    functions = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    )
    found = {(node.lineno, node.col_offset): node.value for one in functions for node in _numbers(one, False)}
    return [(line, value) for (line, _), value in sorted(found.items())]


def _numbers(node: ast.AST, in_index: bool) -> Iterator[ast.Constant]:
    if isinstance(node, ast.Constant):
        value = node.value
        number = isinstance(value, (int, float, complex)) and not isinstance(value, bool)
        if number and value not in PLAIN and not (in_index and isinstance(value, int)):
            yield node
        return
    for child in ast.iter_child_nodes(node):
        inside = in_index or (isinstance(node, ast.Subscript) and child is node.slice)
        yield from _numbers(child, inside)


def main(arguments: list[str]) -> None:
    verbose = "-v" in arguments
    folders = [a for a in arguments if a != "-v"] or list(FOLDERS)
    for folder in folders:
        counts = {}
        for path in sorted(Path(folder).rglob("*.py")):
            found = inline_numbers(path.read_text(encoding="utf-8"))
            counts[path] = len(found)
            if verbose:
                print(*(f"{path}:{line}: {value}" for line, value in found), sep="\n")
        for path, count in sorted(counts.items(), key=lambda item: -item[1]):
            if count:
                print(f"{count:5}  {path}")
        print(f"{sum(counts.values()):5}  {folder}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
