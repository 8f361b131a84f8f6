"""Ask homebody from any program: python ask.py ENDPOINT "WORDS" [KEYFILE]. Needs pyzmq only; see ../messages.md."""

import json
import sys
from pathlib import Path

import zmq

endpoint, text, *key_file = sys.argv[1:]
socket = zmq.Context().socket(zmq.DEALER)
socket.setsockopt(zmq.RCVTIMEO, 30_000)
socket.setsockopt(zmq.LINGER, 0)
if key_file:  # a router on another machine: the file that `homebody keys add` wrote there
    key = json.loads(Path(key_file[0]).read_text())
    socket.setsockopt(zmq.CURVE_SERVERKEY, key["server_key"].encode())
    socket.setsockopt(zmq.CURVE_PUBLICKEY, key["public_key"].encode())
    socket.setsockopt(zmq.CURVE_SECRETKEY, key["secret_key"].encode())
socket.connect(endpoint)
socket.send(json.dumps({"v": 1, "type": "ask", "id": "1", "text": text}).encode())
try:
    while (message := json.loads(socket.recv_multipart()[0]))["type"] not in {"done", "failed"}:
        if message["type"] == "token" and message.get("channel", "answer") == "answer":
            print(message["text"], end="", flush=True)
except zmq.Again:
    sys.exit("no answer: no router there, or it does not let this key in")
print() if message["type"] == "done" else sys.exit(message["reason"])
