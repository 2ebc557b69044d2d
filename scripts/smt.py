"""Answers one SMT-LIB question of halmos: yices first, which is quick at bits; then cvc5 over integers, for arithmetic.

Runs in the environment of requirements-audit.lock, as `python scripts/smt.py FILE`. Prints what a solver prints.
"""

import resource
import subprocess
import sys
from pathlib import Path

import cvc5

BITS_CPU_S = 20
"""Of the processor's time: a busy machine changes no answer."""


def by_bits(question: str) -> str | None:
    """What yices answers, or None if it takes too long."""
    yices = Path(sys.executable).parent / "yices-smt2"
    answer = subprocess.run(  # noqa: S603 - our own solver with our own question
        [str(yices), "--smt2-model-format", "--bvconst-in-decimal", question],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (BITS_CPU_S, BITS_CPU_S)),
        check=False,
    )
    return answer.stdout if answer.stdout.startswith(("sat", "unsat")) else None


def by_integers(question: str) -> str:
    """What cvc5 answers with bit vectors taken as integers."""
    terms = cvc5.TermManager()
    solver = cvc5.Solver(terms)
    solver.setOption("solve-bv-as-int", "sum")
    solver.setOption("produce-models", "true")
    parser = cvc5.InputParser(solver)
    parser.setFileInput(cvc5.InputLanguage.SMT_LIB_2_6, question)
    symbols = parser.getSymbolManager()
    said = []
    while not (command := parser.nextCommand()).isNull():
        said.append(str(command.invoke(solver, symbols)))
    return "".join(said)


def main() -> int:
    """0 if there was an answer, whichever."""
    question = sys.argv[1]
    print(by_bits(question) or by_integers(question), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
