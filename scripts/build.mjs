// Builds dist/. tsup strips the types, file by file, and writes the declarations; rollup joins the files.
//
// What the main entry needs is put into two files: a third of the time of a first import would else go
// into opening them. It is also without comments and blanks. Most of an import is V8 reading source, and
// one character beyond Latin-1, even in a comment, makes it hold and read two bytes for each.
//
// There is one copy of the code, and it is CommonJS; the ES modules are the names of it. So a monitor
// is the same thing whichever way a program, its plugins and its tests come by it, and half as large.
//
//   node scripts/build.mjs
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { rollup } from "rollup";
import { build } from "tsup";
import { entries, root } from "./entries.mjs";

const cache = join(root, ".cache");
mkdirSync(cache, { recursive: true });
// Of this run alone: two at a time would clear each other's files.
const work = mkdtempSync(join(cache, "building-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
const modules = join(work, "modules");
const declarations = join(work, "declarations");
const dist = join(root, "dist");

await Promise.all([
  build({ silent: true, outDir: declarations }),
  build({
    config: false,
    silent: true,
    entry: ["src/**/*.ts"],
    outDir: modules,
    tsconfig: "tsconfig.build.json",
    format: "esm",
    platform: "node",
    target: "node20",
    bundle: false,
    clean: true,
    esbuildOptions(options) {
      options.minifyWhitespace = true;
    },
  }),
]);

const moduleOf = (source) => join(modules, source.replace(/^\.?\/?src\//, "").replace(/ts$/, "js"));
const input = { cli: moduleOf("src/cli/main.ts") };
for (const { specifier, source } of entries) {
  input[specifier.replace(/^auspex\/?/, "") || "index"] = moduleOf(source);
}

// Who takes histograms alone must not carry the rest.
const CHUNKS = ["histogram", "index"];

// Rooms that an option of createAuspex switches off: it is createAuspex that requires them, not the
// import. Never later than that: a deploy may have replaced the files under a running process.
const LATER = {
  "later-detection": moduleOf("src/detectors/watch/detection.ts"),
  "later-runtime": moduleOf("src/integrations/runtime/watch.ts"),
};

/** The chunk of each module that is not left to rollup. */
function chunksOf(getModuleInfo) {
  const chunks = new Map();
  const later = new Set(Object.values(LATER));
  const assign = (id, chunk) => {
    if (!id.startsWith(modules) || chunks.has(id) || later.has(id)) return;
    chunks.set(id, chunk);
    for (const imported of getModuleInfo(id).importedIds) assign(imported, chunk);
  };
  for (const entry of CHUNKS) assign(input[entry], entry);
  for (const [chunk, id] of Object.entries(LATER)) {
    later.delete(id);
    assign(id, chunk);
  }
  return chunks;
}

/** Has the main chunk require a later one where it is first used. */
const requireLater = {
  name: "require later",
  renderChunk(code, { name, isEntry }) {
    if (name !== "index" || isEntry) return null;
    const declaration = /^var (later\w+) = (require\(.+\));$/gm;
    const rooms = [...code.matchAll(declaration)].map(([, room]) => room);
    const used = rooms.reduce((text, room) => text.replaceAll(`${room}.`, `${room}.now.`), code);
    const isElsewhere = (room) => new RegExp(`\\b${room}\\b(?!\\.now\\.| = require)`).test(used);
    if (rooms.length !== Object.keys(LATER).length || rooms.some(isElsewhere)) {
      throw new Error(`rollup writes the rooms for later otherwise than is known here: ${rooms}`);
    }
    return used.replace(declaration, "var $1 = { get now() { return $2; } };");
  },
};

const bundle = await rollup({
  input,
  external: (id) => !id.startsWith(".") && !id.startsWith("/"),
  treeshake: false,
  onwarn(warning, warn) {
    // A later chunk requires the main one, which by then is whole.
    if (warning.code !== "CIRCULAR_CHUNK") warn(warning);
  },
});
let chunks;
const { output } = await bundle.generate({
  format: "cjs",
  entryFileNames: "[name].cjs",
  chunkFileNames: "chunks/[name].cjs",
  exports: "named",
  hoistTransitiveImports: false,
  manualChunks(id, { getModuleInfo }) {
    chunks ??= chunksOf(getModuleInfo);
    return chunks.get(id);
  },
  plugins: [requireLater],
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
for (const file of readdirSync(declarations, { recursive: true })) {
  if (/\.d\.c?ts$/.test(file)) cpSync(join(declarations, file), join(dist, file));
}
