"""Functions and their innermost loops, as compilers write them: x86-64 in AT&T syntax, and AArch64.

Of each instruction its text and the line of the C source that it came from are kept, where the
assembly was written with -g1: a loop is known by the lines that its instructions have.
"""

import collections
import re

LABEL = re.compile(r"([\w.$]+):")
FUNCTION = re.compile(r"\s*\.type\s+([\w.$]+),\s*[@%]function")
FILE = re.compile(r'\s*\.file\s+(\d+)\s+"(?:[^"]*" ")?([^"]*)"')
PLACE = re.compile(r"\s*\.loc\s+(\d+)\s+(\d+)")
COMMENT = re.compile(r"\s*(#|//).*")
BRANCH = re.compile(r"(?:j[a-z]+|b(?:\.?[a-z]+)?|cbn?z|tbn?z)\s+(?:.*[\s,])?(\.L[\w.$]+)$")
FMA = re.compile(r"vfn?m(add|sub)\d{3}p[sd]\s|fmla\s+v")
STACK = re.compile(r"\(%rsp\b|\[sp\b")
FRAME = re.compile(r"\(%rbp\b|\[x29\b")
FRAMED = re.compile(r"movq %rsp, %rbp|mov x29, sp|add x29, sp,")  # else they are registers like any

Instruction = collections.namedtuple("Instruction", "text line")


class Loop:
    """The instructions from a label to a branch back to it."""

    def __init__(self, instructions, framed):
        self.instructions, self.framed = instructions, framed

    @property
    def fmas(self):
        """Multiply-adds of vectors."""
        return sum(bool(FMA.match(i.text)) for i in self.instructions)

    @property
    def stack(self):
        """Instructions that reach into the stack."""
        return [i.text for i in self.instructions
                if STACK.search(i.text) or self.framed and FRAME.search(i.text)]

    @property
    def lines(self):
        """How many instructions came from each line of the source."""
        return collections.Counter(i.line for i in self.instructions if i.line)


def functions(text, source):
    """Yields the name of each function, and its instructions and labels."""
    names, files, line = set(), set(), None
    name, instructions, labels = None, [], {}
    for raw in text.splitlines():
        if found := FUNCTION.match(raw):
            names.add(found[1])
        elif found := FILE.match(raw):
            if found[2].rsplit("/", 1)[-1] == source:
                files.add(found[1])
        elif found := PLACE.match(raw):
            line = int(found[2]) if found[1] in files else None
        elif found := LABEL.match(raw):
            if found[1] in names:
                if name:
                    yield name, instructions, labels
                name, instructions, labels, line = found[1], [], {}, None
            labels[found[1]] = len(instructions)
        elif raw[:1].isspace() and not raw.lstrip().startswith("."):
            if code := COMMENT.sub("", raw).strip():
                instructions.append(Instruction(" ".join(code.split()), line))
    if name:
        yield name, instructions, labels


def innermost(instructions, labels):
    """The loops without a loop inside."""
    framed = any(FRAMED.match(i.text) for i in instructions)
    spans = set()
    for end, instruction in enumerate(instructions):
        found = BRANCH.match(instruction.text)
        if found and labels.get(found[1], end + 1) <= end:
            spans.add((labels[found[1]], end))
    for first, last in sorted(spans):
        if not any(first <= a and b <= last and (a, b) != (first, last) for a, b in spans):
            yield Loop(instructions[first:last + 1], framed)
