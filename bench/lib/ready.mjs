import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bench = join(root, "bench");
const ENTRIES = [
  "index",
  "express",
  "fastify",
  "http",
  "histogram",
  "exporters/otlp",
  "exporters/statsd",
  "exporters/redis",
  "fleet",
  "detectors",
  "baselines",
  "slo",
  "agents",
  "alerts",
  "testing",
];

function npm(saying, ...args) {
  console.log(saying);
  const done = spawnSync("npm", args, { cwd: root, encoding: "utf8" });
  if (done.status !== 0) {
    console.error(`npm ${args.join(" ")} failed\n${done.stdout}${done.stderr}`);
    process.exit(1);
  }
}

function newestIn(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs);
  }
  return newest;
}

function rivalsMissing() {
  const { dependencies } = JSON.parse(readFileSync(join(bench, "package.json"), "utf8"));
  return Object.entries(dependencies).some(([name, version]) => {
    const manifest = join(bench, "node_modules", name, "package.json");
    return !existsSync(manifest) || JSON.parse(readFileSync(manifest, "utf8")).version !== version;
  });
}

function buildIsOld() {
  const built = ENTRIES.map((entry) => join(root, "dist", `${entry}.js`));
  if (!built.every((file) => existsSync(file))) return true;
  return Math.min(...built.map((file) => statSync(file).mtimeMs)) < newestIn(join(root, "src"));
}

/** Installs the rivals where they are missing and builds the library where it is old. */
export function makeReady() {
  if (rivalsMissing()) {
    npm("installing the rivals …", "ci", "--prefix", "bench", "--ignore-scripts");
  }
  // Somebody else's build is measured as it is.
  if (process.env.AUSPEX_DIST === undefined && buildIsOld()) {
    npm("building the library …", "run", "build", "--silent");
  }
}
