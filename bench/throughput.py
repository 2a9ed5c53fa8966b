"""Tickets per second through HTTP, each one synced to disk before it is answered. `python -m bench.throughput`"""

import http.client
import json
import uuid
from urllib.parse import urlencode

from bench import load

TICKETS = 400


def ticket(receipt: str) -> load.Call:
    def call(connection: http.client.HTTPConnection) -> None:
        words = {"email": "ada@example.org", "product": "flow", "subject": "It stopped", "happened": "The list is empty."}
        headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
        connection.request("POST", "/api/v1/tickets", json.dumps({**words, "receipt": receipt}), headers)
        load.answered(connection, 201)

    return call


def main() -> None:
    with load.installation() as served:
        connection = http.client.HTTPConnection("127.0.0.1", served.port)
        connection.request("POST", "/api/v1/suggest", urlencode({"text": "it stopped"}), load.FORM)
        receipt = json.loads(load.answered(connection, 200))["receipt"]
        print(load.HEADER)
        for clients in (1, 8):
            print(load.row(f"tickets, {clients} at a time", *load.run(served, [ticket(receipt)] * TICKETS, clients)))


if __name__ == "__main__":
    main()
