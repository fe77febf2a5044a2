// What the package weighs once installed, runtime dependencies included, and how long its first
// import takes in a fresh process: alone, and with a monitor made.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pack } from "../scripts/pack.mjs";
import { scenario } from "./lib/children.mjs";
import { entryUrl } from "./lib/library.mjs";
import { figure } from "./lib/statistics.mjs";

const IMPORTS = 15;
const MB = 1e6;
const modules = fileURLToPath(new URL("node_modules", import.meta.url));
const probe = fileURLToPath(new URL("lib/import-probe.mjs", import.meta.url));

/** @param then - "monitor": one is made, too */
function coldImport(specifier, ...then) {
  const took = [];
  for (let i = 0; i < IMPORTS; i++) {
    const { stdout, stderr } = spawnSync(process.execPath, [probe, specifier, ...then], {
      encoding: "utf8",
      timeout: 20_000,
    });
    if (!(Number(stdout) > 0)) throw new Error(`import of ${specifier} failed: ${stderr}`);
    took.push(Number(stdout));
  }
  return figure(took);
}

function folderBytes(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += folderBytes(path);
    else if (entry.isFile()) bytes += statSync(path).size;
  }
  return bytes;
}

/** The folders of a package and of all it depends on, as npm has laid them out. */
function closure(name, from, found = new Set()) {
  let folder = from;
  while (!existsSync(join(folder, "node_modules", name, "package.json"))) {
    const parent = join(folder, "..");
    if (parent === folder) return found;
    folder = parent;
  }
  const path = join(folder, "node_modules", name);
  if (found.has(path)) return found;
  found.add(path);
  const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
    readFileSync(join(path, "package.json"), "utf8"),
  );
  const peers = Object.keys(peerDependencies ?? {}).filter((peer) => {
    return !peerDependenciesMeta?.[peer]?.optional;
  });
  for (const each of [...Object.keys(dependencies ?? {}), ...peers]) closure(each, path, found);
  return found;
}

function rival(...names) {
  const folders = new Set();
  for (const name of names) closure(name, join(modules, ".."), folders);
  // A package nested in another is part of the other's folder.
  const outer = [...folders].filter((path) => {
    return ![...folders].some((other) => path.startsWith(`${other}/`));
  });
  const value = outer.reduce((sum, folder) => sum + folderBytes(folder), 0) / MB;
  return { value, low: value, high: value, repetitions: 1 };
}

await scenario({
  auspex() {
    const value = pack().unpackedSize / MB;
    return {
      size: { value, low: value, high: value, repetitions: 1 },
      import: coldImport(entryUrl("index").href),
      "import, and a monitor": coldImport(entryUrl("index").href, "monitor"),
    };
  },
  "node itself": () => ({ import: coldImport("node:http") }),
  "hdr-histogram-js": () => ({
    size: rival("hdr-histogram-js"),
    import: coldImport(import.meta.resolve("hdr-histogram-js")),
  }),
  "prom-client": () => ({
    size: rival("prom-client"),
    import: coldImport(import.meta.resolve("prom-client")),
  }),
  "OpenTelemetry exporter": () => ({
    size: rival("@opentelemetry/exporter-metrics-otlp-proto", "@opentelemetry/sdk-metrics"),
    import: coldImport(import.meta.resolve("@opentelemetry/exporter-metrics-otlp-proto")),
  }),
});
