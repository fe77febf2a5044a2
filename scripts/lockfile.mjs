// Completes package-lock.json. npm leaves out the optional packages of other platforms that the
// registry at hand does not carry, and then `npm ci` refuses the file; so each is entered by what
// its name says. `npm run lock` after a change of dependencies; --check only looks.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./entries.mjs";

const file = join(root, "package-lock.json");

/** The platform packages (they are pinned to one version) that the lockfile names and has no entry for. */
function missingOptionals(lock) {
  const missing = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (!/^\d+\.\d+\.\d+/.test(version)) continue;
      const found = resolvePath(lock, path, name);
      if (lock.packages[found]?.version === version) continue;
      missing.push({
        path: found ? `${path}/node_modules/${name}` : `node_modules/${name}`,
        name,
        version,
        parent: entry,
      });
    }
  }
  return missing;
}

/** Where Node finds a package from here: the nearest node_modules up the tree. */
function resolvePath(lock, from, name) {
  let folder = from;
  while (true) {
    const path = folder ? `${folder}/node_modules/${name}` : `node_modules/${name}`;
    if (lock.packages[path]) return path;
    if (folder === "") return undefined;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")));
  }
}

const CPU = /\b(arm64|arm|x64|ia32|ppc64|riscv64|s390x|loong64|mips64el|wasm32)/;
const OS = /\b(android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|aix|win32)\b/;

/** Which machines a platform package is for, from its name. */
function platform(name) {
  const target = name.slice(name.lastIndexOf("/") + 1);
  const os = OS.exec(target)?.[1];
  const cpu = CPU.exec(target)?.[1];
  if (cpu === undefined) throw new Error(`${name}: which machines is it for?`);
  const libc = os !== "linux" ? undefined : target.includes("musl") ? "musl" : "glibc";
  return {
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
    ...(os && { os: [os] }),
  };
}

const lock = JSON.parse(readFileSync(file, "utf8"));
const missing = missingOptionals(lock);

if (process.argv.includes("--check")) {
  for (const { name } of missing) console.error(`package-lock.json has no entry for ${name}`);
  if (missing.length > 0) console.error('run "npm run lock"');
  process.exitCode = missing.length > 0 ? 1 : 0;
} else {
  for (const { path, name, version, parent } of missing) {
    const { cpu, libc, os } = platform(name);
    lock.packages[path] = {
      version,
      cpu,
      ...(parent.dev && { dev: true }),
      ...(libc && { libc }),
      optional: true,
      ...(os && { os }),
    };
  }
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en"));
  lock.packages = Object.fromEntries(sorted);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${missing.length} entries added to package-lock.json`);
}
