// The demo's visitors: a process of its own, so that it takes nothing from the servers' event loop.
// They come when they come (an open loop): a slow server does not make them wait to be sent.
// It ends when the demo does, however that ends: the channel to it closes.
import { Agent, request } from "node:http";

const [shop, payments] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: 512 });
const some = () => 100 + Math.floor(Math.random() * 900);
const scanned = ["/wp-login.php", "/.env", "/admin", "/phpmyadmin/", "/cgi-bin/test"];

const visits = [
  { perSecond: 80, port: shop, path: () => "/products" },
  { perSecond: 130, port: shop, path: () => `/products/${some()}` },
  { perSecond: 45, port: shop, path: () => `/users/${some()}/orders/${some()}` },
  { perSecond: 35, port: shop, method: "POST", path: () => `/carts/${some()}/items` },
  { perSecond: 5, port: shop, path: () => `/reports/${some()}`, patienceMs: 900 },
  { perSecond: 4, port: shop, path: () => scanned[some() % scanned.length] },
  { perSecond: 40, port: payments, method: "POST", path: () => "/payments" },
  { perSecond: 60, port: payments, path: () => `/payments/${some()}` },
  { perSecond: 8, port: payments, method: "POST", path: () => `/payments/${some()}/refund` },
  { perSecond: 90, port: payments, path: () => "/balance" },
];

const MOST_OPEN = 600;
let open = 0;

function visit({ port, method = "GET", path, patienceMs }) {
  if (open >= MOST_OPEN) return;
  open++;
  const sent = request({ host: "127.0.0.1", port, method, path: path(), agent });
  sent.on("response", (response) => response.on("error", () => {}).resume());
  sent.on("error", () => {});
  sent.on("close", () => open--);
  if (patienceMs !== undefined) sent.setTimeout(patienceMs, () => sent.destroy());
  sent.end();
}

/** Poisson arrivals whose rate swells and ebbs, each kind of visit at its own time. */
function keepVisiting(kind, phase) {
  const tide = 1 + 0.45 * Math.sin((2 * Math.PI * performance.now()) / 24_000 + phase);
  const pauseMs = (-1000 * Math.log(1 - Math.random())) / (kind.perSecond * tide);
  setTimeout(() => {
    visit(kind);
    keepVisiting(kind, phase);
  }, pauseMs);
}

// Timers are no finer than a millisecond, which is fine at these rates.
visits.forEach((kind, at) => {
  keepVisiting(kind, at * 1.3);
});
process.on("disconnect", () => process.exit(0));
if (!process.connected) process.exit(0);
// Ctrl-C reaches the whole group; the demo ends this process when it is done itself.
process.on("SIGINT", () => {});
