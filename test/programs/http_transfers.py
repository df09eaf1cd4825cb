"""Moves bodies of some size to and from a server on 127.0.0.1, at the port in the first argument, on one connection."""

import hashlib
import http.client
import json
import sys

PIECES = 48
PIECE = bytes(range(256)) * 256


def sha(data):
    return hashlib.sha256(data).hexdigest()


class CountingConnection(http.client.HTTPConnection):
    """Counts how often it had to connect."""

    connections = 0

    def connect(self):
        self.connections += 1
        super().connect()


connection = CountingConnection("127.0.0.1", int(sys.argv[1]), timeout=15)


def ask(method, path, **body):
    connection.request(method, path, **body)
    response = connection.getresponse()
    return response, response.read()


uploads = []
for path in ("/whole", "/streamed"):
    for body in (PIECE * PIECES, iter([PIECE] * PIECES)):
        response, text = ask("PUT", path, body=body, encode_chunked=True)
        uploads.append([response.status, text.decode() == sha(PIECE * PIECES)])

response, body = ask("GET", "/chunks")
download = [response.status, response.headers["Transfer-Encoding"], sha(body)]
# In pieces, as a program reads what it cannot hold.
connection.request("GET", "/chunks")
response = connection.getresponse()
digest = hashlib.sha256()
while piece := response.read(1000):
    digest.update(piece)
missing, _ = ask("GET", "/none")
print(
    json.dumps(
        {
            "uploads": uploads,
            "download": download,
            "inPieces": digest.hexdigest(),
            "missing": missing.status,
            "connections": connection.connections,
        }
    )
)
connection.close()
