"""Shrinks the widget's own script and style sheet, so that building them needs no dependency.

It relies on how the parts are written: statements end in a semicolon, comments stand on lines of
their own, template literals hold no braces but one call, and regular expressions hold neither a
quote nor a space (they write \\x22, \\x20).
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator

LITERAL = re.compile(r'("(?:\\.|[^"\\\n])*"|`[^`]*`)')
REGEX = re.compile(r"(?<=[(,=:&|?!])/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n])+/")
# Where this code gives names: const and let, parameters, and what is taken from a list. A place
# missed here only costs bytes, because every use of one name is renamed or none.
DECLARED = re.compile(
    r"(?:const|let) ([\w, ]+)|(?:, |\()(\w+) =[ >]|\b(\w+) =>|\(((?:\w+, )*\w+)\) =>|\((\w+) = "
)
PATTERN = re.compile(
    r"(?:const|of|let) \[([\w, ]+)\]|\.\.\.(\w+)\) =>|\((\w+), \.\.\.|\((\w+), (\w+), \.\.\."
)
BLOCK = re.compile(r"([)>;}]|try|catch|else){$")
WORD = re.compile(r"(?<![\w$])[A-Za-z_]\w*")
KEYWORDS = frozenset(
    {"async", "await", "const", "do", "else", "false", "for", "if", "in", "let", "new", "null"}
    | {"of", "return", "true"}
)


def shrink_css(css: str) -> str:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,>]) ?|(?<=:) ", lambda found: found[1] or "", css)
    return css.replace(";}", "}").strip()


def shrink_js(source: str) -> str:
    lines = (line.strip() for line in source.splitlines())
    code = "\n".join(line for line in lines if not line.startswith("//"))
    pieces = LITERAL.split(code)
    pieces[::2] = [without_space(piece) for piece in pieces[::2]]
    plain = '""'.join(pieces[::2])
    literals = [*REGEX.findall(plain), *(piece for piece in pieces[1::2] if piece[0] == "`")]
    fixed = {word for literal in literals for word in WORD.findall(literal)}
    short = short_names(code, REGEX.sub("0", plain), fixed)
    pieces[::2] = [WORD.sub(lambda at: short.get(at[0], at[0]), piece) for piece in pieces[::2]]
    return "".join(pieces)


def without_space(code: str) -> str:
    code = re.sub(r"\s*([^\w$.\s]|\.{3})\s*", r"\1", code)
    code = re.sub(r"\s+", " ", code).replace("const ", "let ")
    return code.replace(";}", "}").replace(",}", "}").replace(",)", ")")


def short_names(source: str, code: str, fixed: set[str]) -> dict[str, str]:
    """Give short names to what is declared here and is nowhere the name of a property."""
    found = [*DECLARED.findall(source), *PATTERN.findall(source)]
    declared = {word for row in found for word in re.findall(r"\w+", ",".join(row))}
    declared -= KEYWORDS | fixed | set(property_names(code))
    uses = Counter(WORD.findall(code))
    free = (name for name in names() if name not in uses and name not in KEYWORDS)
    worth = [word for word, _ in uses.most_common() if word in declared and len(word) > 1]
    return dict(zip(worth, free, strict=False))


def property_names(code: str) -> Iterator[str]:
    """Find what follows a dot, and the keys and shorthands of objects and patterns."""
    enclosing = [""]
    for at in re.finditer(r"[(\[{]|[)\]}]|\w+", code):
        before, after = code[max(0, at.start() - 5) : at.start()], code[at.end() : at.end() + 1]
        if at[0] in "([{":
            enclosing.append("" if BLOCK.search(before + at[0]) else at[0])
            continue
        if at[0] in ")]}":
            enclosing.pop()
            continue
        is_member = before.endswith(".") and not before.endswith("...")
        in_object = enclosing[-1] == "{" and before[-1:] in "{,"
        if is_member or (in_object and after and after in ":,}="):
            yield at[0]


def names() -> Iterator[str]:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    yield from letters
    for pair in itertools.product(letters, repeat=2):
        yield "".join(pair)
