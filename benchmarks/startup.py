"""How long the commands take that should be there at once, the whole process from start to end.

    python benchmarks/startup.py [--peer DIR] [--rounds N]

`import torch` alone is what nobody who computes with PyTorch can go below; what `makemore sample`
takes beyond it, in the same round, is ours. It samples from a small run that is trained here
first. The peer samples 50 names, since it can't be told how many, from weights that it is trained
for here, until it first saves them: that takes it 501 steps.
"""

import sys
import tempfile

from side_by_side import MAKEMORE, Peer, command_line, in_turn, run

TRAIN_STEPS = 20
HELP, TRAIN_HELP = "`makemore --help`", "`makemore train --help`"
IMPORT, SAMPLE = "`python -c 'import torch'`", "`makemore sample -n 20`"
PEER_HELP, PEER_SAMPLE = "the peer's `--help`", "the peer's `--sample-only`"


def main() -> None:
    """Print the tables."""
    arguments = command_line(__doc__, rounds=7).parse_args()
    peer: Peer | None = arguments.peer
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = f"{folder}/ours", f"{folder}/theirs"
        run([*MAKEMORE, "train", "--max-steps", str(TRAIN_STEPS), "--out", ours])
        commands = {
            HELP: [*MAKEMORE, "--help"],
            TRAIN_HELP: [*MAKEMORE, "train", "--help"],
            IMPORT: [sys.executable, "-c", "import torch"],
            SAMPLE: [*MAKEMORE, "sample", "-n", "20", "--run", ours],
        }
        if peer:
            peer.train(theirs)
            commands |= {
                PEER_HELP: peer.command("--help"),
                PEER_SAMPLE: peer.command("--sample-only", "--work-dir", theirs),
            }
        measures = {
            name: lambda command=command: 1e3 * run(command).seconds
            for name, command in commands.items()
        }
        measured = in_turn(arguments.rounds, measures)

    print("| command | ms |")
    print("|---|---|")
    for name, rounds in measured.items():
        print(f"| {name} | {rounds.figure:,.0f} |")
    beyond = measured[SAMPLE].minus(measured[IMPORT])
    print(f"| {SAMPLE} beyond `import torch` | {beyond.figure:,.0f} |")
    if peer:
        print()
        print("| theirs / ours | ratio |")
        print("|---|---|")
        for their, our in ((PEER_HELP, HELP), (PEER_HELP, TRAIN_HELP), (PEER_SAMPLE, SAMPLE)):
            print(f"| {their} / {our} | {measured[their].over(measured[our]):.2f} |")


if __name__ == "__main__":
    main()
