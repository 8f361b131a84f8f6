"""Ask homebody from any program: python ask.py ENDPOINT "WORDS" [KEYFILE]. Needs pyzmq only; see ../messages.md."""

import json
import sys
from pathlib import Path

import zmq

endpoint, text, *key_file = sys.argv[1:] if len(sys.argv) in {3, 4} else sys.exit(__doc__)
socket = zmq.Context().socket(zmq.DEALER)
socket.setsockopt(zmq.RCVTIMEO, 30_000)
socket.setsockopt(zmq.LINGER, 0)
if key_file:  # a router on another machine: the file that `homebody keys add` wrote there
    key = json.loads(Path(key_file[0]).read_text())
    socket.setsockopt(zmq.CURVE_SERVERKEY, key["server_key"].encode())
    socket.setsockopt(zmq.CURVE_PUBLICKEY, key["public_key"].encode())
    socket.setsockopt(zmq.CURVE_SECRETKEY, key["secret_key"].encode())
try:
    socket.connect(endpoint)
    socket.send(json.dumps({"v": 1, "type": "ask", "id": "1", "text": text}).encode())
    while (message := json.loads(socket.recv_multipart()[0]))["type"] not in {"done", "failed"}:
        if message["type"] == "token" and message.get("channel", "answer") == "answer":
            print(message["text"], end="", flush=True)
except zmq.ZMQError as error:
    why = "no router there, or it does not let this key in" if error.errno == zmq.EAGAIN else error.strerror
    sys.exit(f"no answer: {why}")
print() if message["type"] == "done" else sys.exit(message["reason"])
