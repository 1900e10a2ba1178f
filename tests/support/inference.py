"""Servers on this machine that speak the Open Inference Protocol, honestly or not."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

KINDS = {"FP32": "<f4", "FP64": "<f8", "INT64": "<i8"}


class Served:
    """A model behind a server: what it is, what it takes, and how it misbehaves."""

    def __init__(self, function, **other):
        self.function = function
        self.name = "plant"
        self.version = "3"
        self.versions = ["3"]
        self.inputs = [{"name": "x", "datatype": "FP32", "shape": [-1, 4]}]
        self.outputs = [{"name": "scores", "datatype": "FP32", "shape": [-1, 2]}]
        self.extensions = []
        self.platform = "onnxruntime_onnx"
        self.statuses = []
        """Statuses of the next requests, before it answers as it should."""
        self.change = None
        """What happens to an answer on its way, a function."""
        self.requests = []
        self.headers = []
        self.url = ""
        vars(self).update(other)

    def metadata(self):
        return {
            "name": self.name, "versions": self.versions, "platform": self.platform,
            "inputs": self.inputs, "outputs": self.outputs,
        }  # fmt: skip

    def infer(self, data, length):
        request = json.loads(data[:length])
        tensors, at = [], length
        for tensor in request["inputs"]:
            size = tensor.get("parameters", {}).get("binary_data_size")
            kind = KINDS[tensor["datatype"]]
            raw = np.frombuffer(data[at : at + size], kind) if size else np.array(tensor["data"], dtype=kind)
            at += size or 0
            tensors.append(raw.reshape(tensor["shape"]))
        x = tensors[0] if len(tensors) == 1 else np.column_stack([t.reshape(len(t)) for t in tensors])
        binary = any(o.get("parameters", {}).get("binary_data") for o in request.get("outputs", ()))
        answer = np.asarray(self.function(x))
        datatype = self.outputs[0]["datatype"] if self.outputs else "FP32"
        output = {"name": self.outputs[0]["name"] if self.outputs else "out", "datatype": datatype}
        output["shape"] = list(answer.shape)
        body = b""
        if binary:
            body = answer.astype(KINDS[datatype]).tobytes()
            output["parameters"] = {"binary_data_size": len(body)}
        else:
            flat = answer.reshape(-1)
            output["data"] = (flat if datatype == "BYTES" else flat.astype(KINDS[datatype])).tolist()
        found = {"model_name": self.name, "id": request.get("id", ""), "outputs": [output]}
        if self.version:
            found["model_version"] = self.version
        if self.change is not None:
            found = self.change(found)
        text = json.dumps(found).encode()
        return text + body, {"Inference-Header-Content-Length": str(len(text))} if binary else {}


class _Handler(BaseHTTPRequestHandler):
    """Answers for the model `served`."""

    served: Served
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.served.headers.append(dict(self.headers))
        if self.path == "/v2":
            return self.say(200, {"name": "test-server", "version": "1.0", "extensions": self.served.extensions})
        if self.path.partition("/versions/")[0] == f"/v2/models/{self.served.name}":
            return self.say(200, self.served.metadata())
        return self.say(404, {"error": f"no model {self.path}"})

    def do_POST(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.served.requests.append((self.path, data))
        self.served.headers.append(dict(self.headers))
        if self.served.statuses:
            return self.say(self.served.statuses.pop(0), {"error": "busy"})
        body, headers = self.served.infer(data, int(self.headers.get("Inference-Header-Content-Length", len(data))))
        return self.send(200, body, headers)

    def say(self, status, document):
        self.send(status, json.dumps(document).encode(), {})

    def send(self, status, body, headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def running(served):
    """Run a server for a model on a free port of this machine; yield its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"served": served}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield served.url
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def raw(behave):
    """Run a server that does with each connection what `behave(socket, number)` does; yield its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    over = threading.Event()

    def serve(connection, number):
        with contextlib.suppress(OSError), connection:
            connection.settimeout(5)
            behave(connection, number)

    def accept():
        number = 0
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                continue
            threading.Thread(target=serve, args=(connection, number), daemon=True).start()
            number += 1

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        thread.join()
        listener.close()


def request_of(connection):
    """Read one request from a connection; return its first line, `` at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return ""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    missing = int(headers.get("content-length", 0)) - len(body)
    while missing > 0:
        missing -= len(connection.recv(65536))
    return lines[0]
