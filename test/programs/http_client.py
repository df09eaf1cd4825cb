"""Asks a server on 127.0.0.1, at the port in the first argument, in the ways of Python's http.client."""

import http.client
import json
import socket
import sys

PORT = int(sys.argv[1])


class CountingConnection(http.client.HTTPConnection):
    """Counts how often it had to connect."""

    connections = 0

    def connect(self):
        self.connections += 1
        super().connect()


def read(connection):
    response = connection.getresponse()
    return response.read().decode()


def pipelined():
    """http.client does not pipeline by itself, but reads what comes of it."""
    with socket.create_connection(("127.0.0.1", PORT)) as raw:
        raw.sendall(b"".join(b"GET /p%d HTTP/1.1\r\nHost: test\r\n\r\n" % i for i in range(3)))
        stream = raw.makefile("rb")
        bodies = []
        for _ in range(3):
            length = 0
            while (line := stream.readline()) != b"\r\n":
                name, _, value = line.decode().partition(":")
                if name.lower() == "content-length":
                    length = int(value)
            bodies.append(stream.read(length).decode())
        return bodies


connection = CountingConnection("127.0.0.1", PORT, timeout=15)
bodies = []
connection.request("GET", "/get")
bodies.append(read(connection))
connection.request("POST", "/post", body="body")
bodies.append(read(connection))
connection.request("POST", "/chunked", body=iter([b"one ", b"two"]), encode_chunked=True)
bodies.append(read(connection))
connection.request("PUT", "/put", body="put")
bodies.append(read(connection))
connection.request("DELETE", "/delete")
bodies.append(read(connection))
connection.request("HEAD", "/head")
head = connection.getresponse()
head.read()
result = {
    "bodies": bodies,
    "head": [head.status, head.headers["Content-Length"]],
    "connections": connection.connections,
    "pipelined": pipelined(),
}
connection.close()
print(json.dumps(result))
