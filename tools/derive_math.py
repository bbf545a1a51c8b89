#!/usr/bin/python3
"""Derives the coefficients of runtime/mlprt/math.h and runtime/cosine.h and prints them as C.

math.h: q is the minimax polynomial (Remez' exchange on a fine grid, weighted so that the error is
relative to the function), computed in double and rounded to float: in f + f^2 q(f) around the
expansion points of exp and log, in a q(a) - a for the logarithm of 1 - erf. The splits of ln 2 are
printed too. cosine.h: Taylor's coefficients.
"""

import math
from fractions import Fraction

import numpy as np

SERIES = 70  # terms: 0.4143^70 is far below double's precision
GRID = 20001


def exp_q(r):
    """(e^r - 1 - r) / r^2, from its series: no cancellation."""
    return sum(r**j / float(math.factorial(j + 2)) for j in range(25))


def log_q(f):
    """(log(1+f) - f) / f^2, likewise."""
    return sum((-1) ** (j + 1) * f**j / (j + 2) for j in range(SERIES))


@np.vectorize
def erf_q(a):
    """ln(1 - erf a) / a + 1: near 0 by log1p, further up by erfc. Neither cancels."""
    if a < 1e-9:
        return 1 - 2 / math.sqrt(math.pi)
    return (math.log1p(-math.erf(a)) if a < 0.5 else math.log(math.erfc(a))) / a + 1


@np.vectorize
def erf_weight(a):
    """What an error of erf_q does to erf, relative to it; never less than 2^-9: tails matter too."""
    return 2**-9 + (math.erfc(a) * a / math.erf(a) if a > 1e-9 else math.sqrt(math.pi) / 2)


def remez(function, weight, low, high, degree):
    """The polynomial p that minimises max |weight * (function - p)| over [low, high]."""
    x = np.linspace(low, high, GRID)
    target, w = function(x), weight(x)
    node = np.cos(np.pi * np.arange(degree + 2) / (degree + 1))[::-1]
    at = np.rint((node + 1) / 2 * (GRID - 1)).astype(int)
    at[w[at] < 1e-3] += GRID // 50  # a weight of zero carries no alternation
    for _ in range(30):
        v = np.vander(x[at], degree + 1, increasing=True)
        sign = (-1.0) ** np.arange(degree + 2)
        system = np.column_stack([v, sign / w[at]])
        p = np.linalg.solve(system, target[at])[:-1]
        error = w * (target - np.polyval(p[::-1], x))
        # The largest error of every run of equal sign; keep the best degree + 2 in a row.
        runs = np.split(np.arange(GRID), np.flatnonzero(np.diff(np.sign(error))) + 1)
        peaks = [run[np.argmax(abs(error[run]))] for run in runs]
        peaks = alternating(peaks, error)
        while len(peaks) > degree + 2:
            drop = 0 if abs(error[peaks[0]]) < abs(error[peaks[-1]]) else -1
            peaks.pop(drop)
        if len(peaks) < degree + 2 or np.array_equal(peaks, at):
            break
        at = np.array(peaks)
    return p, max(abs(error))


def alternating(peaks, error):
    """Merges neighbours whose errors have one sign, or none."""
    out = []
    for k in peaks:
        if error[k] == 0:
            continue
        if out and (error[out[-1]] > 0) == (error[k] > 0):
            if abs(error[k]) > abs(error[out[-1]]):
                out[-1] = k
        else:
            out.append(k)
    return out


def show(name, function, weight, low, high, degree):
    p, error = remez(function, weight, low, high, degree)
    single = p.astype(np.float32)
    x = np.linspace(low, high, GRID)
    rounded = max(abs(weight(x) * (function(x) - np.polyval(single[::-1].astype(float), x))))
    print(f"{name}: degree {degree}, relative error 2^{math.log2(error):.1f}, "
          f"with float coefficients 2^{math.log2(rounded):.1f}")
    for j, c in enumerate(single):
        print(f"    c{j} = {float(c).hex()}f")


def split(name, value, bits):
    """value = high + low, high of so many bits: exact in products with small integers."""
    mantissa, exponent = math.frexp(value)
    high = math.ldexp(round(math.ldexp(mantissa, bits)), exponent - bits)
    print(f"{name}: high = {high.hex()}f, low = {float(np.float32(value - high)).hex()}f")


def taylor(name, powers):
    """The terms of cos or sin of pi*t at these powers, alternating in sign."""
    pi = Fraction(math.pi) + Fraction(math.sin(math.pi))  # the sine is what rounding pi cut off
    print(f"{name}:")
    for j, power in enumerate(powers):
        term = (-1) ** j * pi**power / math.factorial(power)
        # Of sin the double of t is added apart: this is pi - 2.
        print(f"    c{power} = {float(term - 2 if power == 1 else term).hex()}")


def main():
    half = math.log(2) / 2 * 1.001  # the reduction rounds, so a little beyond
    # The error of e^r - 1 relative to r, which is what tanh needs; that of e^r is smaller. The last
    # degree of each pair is the one in use: the one before costs about a rounding more, 2^-25.
    for degree in (4, 5):
        show("exp q", exp_q, abs, -half, half, degree)
    # ln(1+f) is f to within a factor of 1.2 on this interval.
    for degree in (7, 8):
        show("log q", log_q, abs, math.sqrt(0.5) - 1, math.sqrt(2) - 1, degree)
    # erf a = 1 - e^(a q - a), and rounds to 1 before 4.
    for degree in (8, 9):
        show("erf q", erf_q, erf_weight, 0, 4, degree)
    split("ln 2", math.log(2), 15)
    taylor("cos", range(0, 18, 2))
    taylor("sin", range(1, 17, 2))
    print(f"log2 e = {float(np.float32(1 / math.log(2))).hex()}f")


if __name__ == "__main__":
    main()
