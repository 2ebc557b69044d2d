"""One verifier's process: its key is here and nowhere else. Each line in is a command, each line out its answer."""

import json
import sys
import warnings

from typer.testing import CliRunner

warnings.simplefilter("ignore")

from backend.issuance.verifier_commands import app  # noqa: E402 - the warnings of its imports are not the test's


def main() -> None:
    """Arguments: options of `tanyu verifier`. Runs until its input ends."""
    own = sys.argv[1:]
    for line in sys.stdin:
        ran = CliRunner().invoke(app, [*own, *json.loads(line), "--json"])
        sys.stdout.write(json.dumps({"code": ran.exit_code, "said": ran.output}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
