// Load for a soak: as fast as answers come, on sockets that stay or on a new one for each request, with
// clients that leave in between.
import { connect } from "node:net";
import { random } from "./statistics.mjs";

const CONNECTIONS = 16;
const ANSWER_LIMIT_MS = 10_000;

const draw = random(1);
const PATHS = ["/hello/world", "/orgs/42", "/orgs/42/broken", "/orgs/42/stream", "/nowhere"];
const SHARES = [0.7, 0.85, 0.9, 0.97, 1];

function path() {
  const at = draw();
  return PATHS[SHARES.findIndex((share) => at < share)];
}

/** Whether a whole answer is in `text`. */
function isWhole(text) {
  const head = text.indexOf("\r\n\r\n");
  if (head < 0) return false;
  const length = /content-length: (\d+)/i.exec(text.slice(0, head));
  if (length !== null) return text.length >= head + 4 + Number(length[1]);
  return text.endsWith("0\r\n\r\n");
}

/** One client until `until`. @returns requests sent and connections cut */
function client(port, mode, until) {
  const done = { sent: 0, cut: 0 };
  return new Promise((resolve) => {
    let socket;
    let text = "";
    const leave = () => {
      socket?.destroy();
      resolve(done);
    };
    const send = () => {
      const now = Date.now();
      if (now >= until) return leave();
      text = "";
      done.sent++;
      const last = mode === "churn" ? "Connection: close\r\n" : "";
      socket.write(`GET ${path()} HTTP/1.1\r\nHost: soak\r\n${last}\r\n`);
      if (draw() < 0.005) {
        done.cut++;
        socket.destroy();
      }
    };
    const open = () => {
      if (Date.now() >= until) return leave();
      socket = connect({ port, host: "127.0.0.1", noDelay: true }, send);
      socket.setTimeout(ANSWER_LIMIT_MS, () => socket.destroy());
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
        if (mode === "keep-alive" && isWhole(text)) send();
      });
      socket.on("error", () => {});
      socket.on("close", open);
    };
    open();
  });
}

process.on("message", async ({ port, mode, ms }) => {
  const until = Date.now() + ms;
  const clients = Array.from({ length: CONNECTIONS }, () => client(port, mode, until));
  const done = await Promise.all(clients);
  const sum = (of) => done.reduce((total, each) => total + of(each), 0);
  process.send({ sent: sum(({ sent }) => sent), cut: sum(({ cut }) => cut) });
});
process.on("disconnect", () => process.exit(0));
