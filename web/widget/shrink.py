"""Shrinks the widget's own script and style sheet, so that building them needs no dependency.

It relies on how the parts are written: statements end in a semicolon, only those outside every
function begin at the margin, comments stand on lines of their own, template literals hold no braces
but one call, and regular expressions hold neither a quote nor a space (they write \\x22, \\x20).
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator

LITERAL = re.compile(r'("(?:\\.|[^"\\\n])*"|`[^`]*`)')
REGEX = re.compile(r"(?<=[(,=:&|?!])/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n])+/")
# Where this code gives names: const and let, parameters, and what is taken from a list. A place
# missed here only costs bytes: what is used where it is not declared keeps its name.
DECLARED = re.compile(
    r"(?:const|let) ([\w, ]+)|(?:, |\()(\w+) =[ >]|\b(\w+) =>|\(((?:\w+, )*\w+)\) =>|\((\w+) = "
)
PATTERN = re.compile(
    r"(?:const|of|let) \[([\w, ]+)\]|\(((?:\w+, )*)\.\.\.(\w+)\) =>|\((\w+), (?:\.\.\.|{)"
    r"|catch \((\w+)\)"
)
SHARED = re.compile(r"^(?:const|let) ([\w, ]+)()", re.MULTILINE)
BLOCK = re.compile(r"([)>;}]|try|catch|else){$")
JOINT = re.compile(rf"{LITERAL.pattern}|{REGEX.pattern}|(?P<sign>[(\[{{\])}}]|;)(?P<let>let\b ?)?")
WORD = re.compile(r"(?<![\w$])[A-Za-z_]\w*")
KEYWORDS = frozenset(
    {"async", "await", "const", "do", "else", "false", "for", "if", "in", "let", "new", "null"}
    | {"of", "return", "true"}
)


def shrink_css(css: str) -> str:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,>!]) ?|(?<=:) ", lambda found: found[1] or "", css)
    css = re.sub(r'="([a-z]+)"', r"=\1", css)
    return css.replace(";}", "}").strip()


def shrink_js(source: str) -> str:
    code = re.sub(r"^\s*//.*\n", "", source, flags=re.MULTILINE)
    # What is declared at the margin can be seen everywhere. All other names end with the statement
    # that they are in, so that every statement uses the same few: that is what gzip likes.
    statements = re.split(r"\n(?=\w)", code)
    shared = declared_in(code, SHARED)
    kept = kept_names(code)
    own = own_names(statements, shared | kept)
    uses = Counter(words_of(code))
    free = [name for name in names() if name not in uses]
    most = max(map(len, own))
    often = [word for word, _ in uses.most_common() if word in shared - kept]
    short = dict(zip(often, free[most:], strict=False))
    short_statements = [
        renamed(statement, short | by_appearance(statement, words, free))
        for statement, words in zip(statements, own, strict=True)
    ]
    return with_joined_lets("".join(short_statements))


def declared_in(code: str, *patterns: re.Pattern[str]) -> set[str]:
    rows = [row for pattern in patterns for row in pattern.findall(code)]
    return set(re.findall(r"\w+", ",".join(",".join(row) for row in rows)))


def words_of(code: str) -> list[str]:
    return WORD.findall('""'.join(LITERAL.split(code)[::2]))


def own_names(statements: list[str], others: set[str]) -> list[set[str]]:
    """Find what each statement declares for itself; what another one uses as well is not that."""
    declared = [declared_in(statement, DECLARED, PATTERN) for statement in statements]
    pairs = zip(statements, declared, strict=True)
    strays = {
        word for statement, known in pairs for word in words_of(statement) if word not in known
    }
    return [known - others - strays for known in declared]


def kept_names(code: str) -> set[str]:
    """Find the names that must stay: of properties, and what a template or a pattern holds."""
    plain = without_space('""'.join(LITERAL.split(code)[::2]))
    templates = [literal for literal in LITERAL.findall(code) if literal[0] == "`"]
    inside = [word for text in [*templates, *REGEX.findall(plain)] for word in WORD.findall(text)]
    return {*inside, *KEYWORDS, *property_names(REGEX.sub("0", plain))}


def by_appearance(statement: str, words: set[str], free: list[str]) -> dict[str, str]:
    """Give the first name to what comes first, so that like statements get like names."""
    found = dict.fromkeys(word for word in WORD.findall(statement) if word in words)
    return dict(zip(found, free, strict=False))


def renamed(statement: str, short: dict[str, str]) -> str:
    pieces = LITERAL.split(statement)
    pieces[::2] = [
        WORD.sub(lambda at: short.get(at[0], at[0]), without_space(piece)) for piece in pieces[::2]
    ]
    return "".join(pieces)


def with_joined_lets(code: str) -> str:
    """Turn `let a=1;let b=2;` into `let a=1,b=2;`."""
    after_let = [False]

    def join(at: re.Match[str]) -> str:
        sign = at["sign"]
        if sign and sign in "([{":
            after_let.append(bool(at["let"]))
        elif sign and sign in ")]}":
            after_let.pop()
        elif sign:
            joins, after_let[-1] = after_let[-1] and bool(at["let"]), bool(at["let"])
            return "," if joins else at[0]
        return at[0]

    return JOINT.sub(join, code)


def without_space(code: str) -> str:
    code = re.sub(r"\s*([^\w$.\s]|\.{3})\s*", r"\1", code)
    code = re.sub(r"\s+", " ", code)
    code = re.sub(r"[;,](?=})|,(?=[)\]])", "", code)
    code = re.sub(r"(?<!async)\((\w+)\)=>", r"\1=>", code)
    # The piece ends where a literal begins: next to a string, two signs compare like three.
    code = re.sub(r"([!=]=)=$", r"\1", code)
    for long, brief in (("const ?", "let "), ("false", "!1"), ("true", "!0")):
        code = re.sub(rf"\b{long}(?=\b|[{{[])", brief, code)
    return re.sub(r"let (?=[{[])", "let", code)


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


def names() -> list[str]:
    # The letters that English code has most of come first: gzip writes them in the fewest bits.
    letters = "etnraioscldupmhgfbvywkxjqzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    pairs = map("".join, itertools.product(letters, repeat=2))
    return [*letters, *(pair for pair in pairs if pair not in KEYWORDS)]
