// Builds dist/ if it is missing or older than the sources; what runs the package as users do needs it.
//
//   node scripts/built.mjs
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./entries.mjs";

const LONGEST_BUILD_MS = 600_000;
const lock = join(root, ".cache/build.lock");

const timeOf = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs;

function isStale() {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const targets = Object.values(exports).flatMap((conditions) => {
    return typeof conditions === "string" ? [] : Object.values(conditions).flatMap(Object.values);
  });
  const oldest = Math.min(...targets.map((file) => timeOf(join(root, file)) ?? 0));
  const sources = readdirSync(join(root, "src"), { recursive: true }).map((file) => `src/${file}`);
  const newest = Math.max(
    ...["tsup.config.ts", "scripts/build.mjs", ...sources].map(
      (file) => timeOf(join(root, file)) ?? 0,
    ),
  );
  return oldest < newest;
}

/** One build at a time: whoever comes second waits, and finds it done. */
function takeLock() {
  mkdirSync(join(root, ".cache"), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (Date.now() - (timeOf(lock) ?? Date.now()) > LONGEST_BUILD_MS) dropLock();
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
}

function dropLock() {
  try {
    rmdirSync(lock);
  } catch {
    // Someone else has.
  }
}

/** @throws Error when the build fails */
export function ensureBuilt() {
  if (!isStale()) return;
  takeLock();
  try {
    if (!isStale()) return;
    const script = join(root, "scripts/build.mjs");
    const build = spawnSync(process.execPath, [script], { cwd: root, encoding: "utf8" });
    if (build.status !== 0) throw new Error(`the build failed\n${build.stdout}${build.stderr}`);
  } finally {
    dropLock();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    if (isStale()) console.error("building dist/ ...");
    ensureBuilt();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
