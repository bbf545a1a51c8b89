"""Shrinking: from the choices of a model that fails to fewer and smaller ones that fail alike."""


def parse(text):
    """Numbers, and the (first, end) ranges of them that stand in parentheses, the widest first."""
    numbers, groups, open_at = [], [], []
    for token in text.split():
        if token == "(":
            open_at.append(len(numbers))
        elif token == ")":
            groups.append((open_at.pop(), len(numbers)))
        else:
            numbers.append(int(token))
    return numbers, sorted(groups, key=lambda g: (g[0] - g[1], g[0]))


def size(numbers):
    """What shrinking makes less: how many there are, then each in turn."""
    return len(numbers), numbers


def without_groups(text):
    numbers, groups = parse(text)
    for first, end in groups:
        yield numbers[:first] + numbers[end:]


def without_runs(text):
    numbers, _ = parse(text)
    for length in (8, 4, 2, 1):
        for first in range(len(numbers) - length + 1):
            yield numbers[:first] + numbers[first + length:]


def with_less(text):
    numbers, _ = parse(text)
    for i, v in enumerate(numbers):
        for less in sorted({0, v // 2, v - 1}):
            if 0 <= less < v:
                yield numbers[:i] + [less] + numbers[i + 1:]


def shrink(text, fails, trials):
    """fails(list of numbers) gives the choices of the model that it makes, as text, if that model
    fails alike, else None. Returns the smallest that is found in so many trials."""
    tried = set()
    again = True
    while again:
        again = False
        for edits in (without_groups, without_runs, with_less):
            smaller = True
            while smaller:
                smaller = False
                for numbers in edits(text):
                    if tuple(numbers) in tried:
                        continue
                    if len(tried) == trials:
                        return text
                    tried.add(tuple(numbers))
                    made = fails(numbers)
                    if made and size(parse(made)[0]) < size(parse(text)[0]):
                        text, smaller, again = made, True, True
                        break
    return text
