// Where exports go: an HTTP server that reads and answers, a UDP socket that counts. It scrapes as well.
import { createSocket } from "node:dgram";
import { createServer, get } from "node:http";

let posts = 0;
let datagrams = 0;
let scrapes = 0;
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    posts++;
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  });
});
const socket = createSocket("udp4").on("message", () => datagrams++);
server.listen(0, "127.0.0.1", () => {
  socket.bind(0, "127.0.0.1", () => {
    process.send({ http: server.address().port, udp: socket.address().port });
  });
});
process.on("message", ({ scrape, everyMs }) => {
  if (scrape === undefined) process.send({ posts, datagrams, scrapes });
  else {
    setInterval(() => {
      get(scrape, (response) => response.resume().on("end", () => scrapes++));
    }, everyMs);
  }
});
process.on("disconnect", () => process.exit(0));
