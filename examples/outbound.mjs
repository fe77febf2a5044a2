// Calls to other services: fetch, undici and node:http are seen through diagnostics channels.
import { createServer, get } from "node:http";
import { createAuspex } from "auspex";

const auspex = createAuspex({
  service: "shop",
  outbound: {
    template: ({ path }) => (path.startsWith("/users/") ? "/users/:id" : undefined),
    filter: ({ path }) => path !== "/health",
  },
});

const users = createServer((request, response) => {
  if (request.url === "/users/13") response.writeHead(404);
  if (request.url !== "/slow") response.end("{}");
});
await new Promise((resolve) => users.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${users.address().port}`;

for (let id = 1; id <= 20; id++) await (await fetch(`${url}/users/${id}`)).text();
await (await fetch(`${url}/health`)).text();
await fetch(`${url}/slow`, { signal: AbortSignal.timeout(250) }).catch(() => {});
await new Promise((resolve) => {
  get(`${url}/plain`, (response) => response.resume().on("end", resolve));
});

for (const { name, traffic, errors, inFlight } of auspex.snapshot("1m").operations) {
  const shown = name.replace(/:\d+/, "");
  console.log(`${shown}: ${traffic.count} calls, ${inFlight} in flight`, errors.byType);
}
await auspex.shutdown();
users.close();
users.closeAllConnections();
