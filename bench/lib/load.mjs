// Sends requests to a server on this machine over keep-alive sockets: a process of its own, told what
// to do by messages. Bare sockets rather than an HTTP client, so that the load costs less than the server.
import { connect } from "node:net";

const CONNECTIONS = 8;
const ANSWER_END = Buffer.from("hello world");
const REQUEST = Buffer.from(
  "GET /hello/world HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n",
);
/** No block of requests takes longer than this. */
const LIMIT_MS = 30_000;

const pools = new Map();

function open(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
    // The listener is replaced per block; an answer comes in one piece, its body last.
    socket.on("data", (chunk) => {
      if (chunk.subarray(-ANSWER_END.length).equals(ANSWER_END)) socket.answered();
    });
  });
}

async function poolOf(port) {
  let pool = pools.get(port);
  if (pool === undefined) {
    pool = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(port)));
    pools.set(port, pool);
  }
  return pool;
}

/** Sends `count` requests, one at a time on each connection, and waits for all answers. */
async function block(port, count) {
  const pool = await poolOf(port);
  let toSend = count;
  let toCome = count;
  await new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error("the server does not answer")), LIMIT_MS);
    for (const socket of pool) {
      socket.answered = () => {
        if (--toCome === 0) {
          clearTimeout(limit);
          resolve();
        } else if (toSend > 0) {
          toSend--;
          socket.write(REQUEST);
        }
      };
    }
    for (const socket of pool) {
      if (toSend > 0) {
        toSend--;
        socket.write(REQUEST);
      }
    }
  });
}

process.on("message", async ({ port, count }) => {
  try {
    await block(port, count);
    process.send({ done: count });
  } catch (error) {
    process.send({ error: String(error) });
  }
});
process.on("disconnect", () => process.exit(0));
