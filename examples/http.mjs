// A bare node:http server. Nothing tells its routes, so the handler names them, by template.
import { createServer } from "node:http";
import { createAuspex } from "auspex";
import { monitorHttpServer, setRoute } from "auspex/http";

const auspex = createAuspex({ service: "files" });
const server = createServer((request, response) => {
  if (request.url === "/metrics") return auspex.metrics(request, response);
  if (request.url.startsWith("/files/")) {
    setRoute(response, "/files/:name");
    return response.end("contents");
  }
  return response.writeHead(404).end();
});
monitorHttpServer(server, auspex);

server.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  for (const path of ["/files/a", "/files/b", "/else"]) await fetch(url + path);

  for (const { name, traffic } of auspex.snapshot("1m").operations) {
    console.log(`${name}: ${traffic.count} requests`);
  }
  server.close();
});
