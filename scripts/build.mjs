// Builds dist/: tsup compiles, and what the main entry needs is put into two files. tsup alone would
// split that by which entries need what, into some twenty files, and a third of the time of a first
// import would go into opening them.
//
//   node scripts/build.mjs
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
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
].map((file) => file.replace(/^\.\/dist\/|\.js$/g, ""));

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
const made = await Promise.all(
  [
    { format: "es", extension: "js" },
    { format: "cjs", extension: "cjs" },
  ].map(({ format, extension }) =>
    bundle.generate({
      format,
      entryFileNames: `[name].${extension}`,
      chunkFileNames: `chunks/[name].${extension}`,
      exports: "named",
      hoistTransitiveImports: false,
      manualChunks(id, { getModuleInfo }) {
        return CHUNKS.find((entry) => {
          if (!chunks.has(entry)) chunks.set(entry, reachOf(entry, getModuleInfo));
          return chunks.get(entry).has(id);
        });
      },
    }),
  ),
);

rmSync(dist, { recursive: true, force: true });
for (const { fileName, code } of made.flatMap(({ output }) => output)) {
  const file = join(dist, fileName);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, code);
}
for (const file of readdirSync(compiled, { recursive: true })) {
  if (/\.d\.c?ts$/.test(file)) cpSync(join(compiled, file), join(dist, file));
}
