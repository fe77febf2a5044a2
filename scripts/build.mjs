// Builds dist/: tsup compiles, and what the main entry needs is put into two files. tsup alone would
// split that by which entries need what, into some twenty files, and a third of the time of a first
// import would go into opening them.
//
// There is one copy of the code, and it is CommonJS; the ES modules are the names of it. So a monitor
// is the same thing whichever way a program, its plugins and its tests come by it, and half as large.
//
//   node scripts/build.mjs
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { rollup } from "rollup";
import { root } from "./entries.mjs";

const compiled = join(root, ".cache/build");
const dist = join(root, "dist");

const tsup = join(root, "node_modules/tsup/dist/cli-default.js");
const build = spawnSync(process.execPath, [tsup, "--silent", "--out-dir", compiled], {
  cwd: root,
  stdio: "inherit",
});
if (build.status !== 0) process.exit(build.status ?? 1);

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const names = [
  ...Object.values(manifest.exports).flatMap((conditions) => conditions.import?.default ?? []),
  ...Object.values(manifest.bin ?? {}),
].map((file) => file.replace(/^\.\/dist\/|\.c?js$/g, ""));

const bundle = await rollup({
  input: Object.fromEntries(names.map((name) => [name, join(compiled, `${name}.js`)])),
  external: (id) => !id.startsWith(".") && !id.startsWith("/"),
  treeshake: false,
});

/** All that an entry imports at once, and itself. */
function reachOf(entry, getModuleInfo) {
  const reached = new Set();
  const walk = (id) => {
    if (!id.startsWith(compiled) || reached.has(id)) return;
    reached.add(id);
    getModuleInfo(id)?.importedIds.forEach(walk);
  };
  walk(join(compiled, `${entry}.js`));
  return reached;
}

// Who takes histograms alone must not carry the rest.
const CHUNKS = ["histogram", "index"];
const chunks = new Map();
const { output } = await bundle.generate({
  format: "cjs",
  entryFileNames: "[name].cjs",
  chunkFileNames: "chunks/[name].cjs",
  exports: "named",
  hoistTransitiveImports: false,
  manualChunks(id, { getModuleInfo }) {
    return CHUNKS.find((entry) => {
      if (!chunks.has(entry)) chunks.set(entry, reachOf(entry, getModuleInfo));
      return chunks.get(entry).has(id);
    });
  },
});

rmSync(dist, { recursive: true, force: true });
function write(name, text) {
  const file = join(dist, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
for (const { fileName, code, isEntry, name, exports } of output) {
  write(fileName, code);
  if (!isEntry || exports.length === 0) continue;
  write(`${name}.js`, `export { ${exports.join(", ")} } from "./${basename(fileName)}";\n`);
}
for (const file of readdirSync(compiled, { recursive: true })) {
  if (/\.d\.c?ts$/.test(file)) cpSync(join(compiled, file), join(dist, file));
}
