"""Latency per keystroke through HTTP: our articles' questions, typed letter by letter. `python -m bench.latency`"""

import http.client
import itertools
from urllib.parse import urlencode

from bench import load


def keystrokes(question: str) -> list[str]:
    return [question[:end] for end in range(3, len(question) + 1)]


def suggest(text: str) -> load.Call:
    body = urlencode({"text": text})

    def call(connection: http.client.HTTPConnection) -> None:
        connection.request("POST", "/api/v1/suggest", body, load.FORM)
        load.answered(connection, 200)

    return call


def main() -> None:
    typed = list(itertools.chain.from_iterable(keystrokes(question) for question in load.questions()[::8]))
    with load.installation() as served:
        print(load.HEADER)
        for clients in (1, 8):
            print(load.row(f"keystrokes, {clients} at a time", *load.run(served, map(suggest, typed[:4000]), clients)))


if __name__ == "__main__":
    main()
