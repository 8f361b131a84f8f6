// Ask homebody from any program: node ask.mjs ENDPOINT "WORDS" [KEYFILE]. Needs zeromq only; see ../messages.md.
import { readFileSync } from "node:fs";
import { Dealer } from "zeromq";

const [endpoint, text, keyFile] = process.argv.slice(2);
const wrong = text === undefined || process.argv.length > 5;
if (wrong) process.exit(console.error('Usage: node ask.mjs ENDPOINT "WORDS" [KEYFILE]') ?? 1);
const key = keyFile ? JSON.parse(readFileSync(keyFile, "utf8")) : null; // what `homebody keys add` wrote there
const curve = key && { curveServerKey: key.server_key, curvePublicKey: key.public_key, curveSecretKey: key.secret_key };
const socket = new Dealer({ receiveTimeout: 30_000, linger: 0, ...curve });
try {
  socket.connect(endpoint);
  await socket.send(JSON.stringify({ v: 1, type: "ask", id: "1", text }));
  for await (const [header] of socket) {
    const message = JSON.parse(header.toString());
    if (message.type === "token" && (message.channel ?? "answer") === "answer") process.stdout.write(message.text);
    if (message.type === "failed") console.error(message.reason);
    if (message.type === "done") console.log();
    if (["done", "failed"].includes(message.type)) process.exit(message.type === "done" ? 0 : 1);
  }
} catch (error) {
  const why = error.code === "EAGAIN" ? "no router there, or it does not let this key in" : error.message;
  console.error(`no answer: ${why}`);
  process.exit(1);
}
