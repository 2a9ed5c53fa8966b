"""Prints what becomes of broken mails, both ways: headers that we write at a real SMTP sink, and mails that we read.

Run: python -m bench.mail_fuzz [--count 100000] [--seed 1] [--control]
Out: recipients and the set of headers must be what they are for harmless words. In: nothing may be raised, nothing lost.
Where one run takes too long, shares with seeds of their own add up: --count 20000 with --seed 1 to 5.
`--control` writes headers without what makes words fit for one, and expects to be caught.
"""

import argparse
import sys

from tests.second_line import fuzz


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--count", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--control", action="store_true")
    given = asked.parse_args()
    out = fuzz.out(given.count // 2, given.seed, control=given.control)
    read = fuzz.into(given.count - given.count // 2, given.seed)
    print(
        f"out: {out.tried} mails sent, {len(out.changed)} with other recipients or headers, {out.refused} that could not be sent"
    )
    for told in out.changed[:10]:
        print(f"     {told}")
    print(f"in:  {read.tried} mails read, {len(read.failed)} failed, {read.unreadable} kept as unreadable")
    for told in read.failed[:10]:
        print(f"     {told}")
    sys.exit(bool(out.changed or out.refused or read.failed) is not given.control)


if __name__ == "__main__":
    main()
