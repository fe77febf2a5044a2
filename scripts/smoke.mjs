// The package as a user gets it: the tarball installed in a bare folder outside the repository,
// then every program of scripts/smoke/ run there with real Node binaries.
//
//   node scripts/smoke.mjs [20 22 24] [types] [--packed]   packed: take the tarball that is there
//
// A program prints "ready" as its last act and must then exit by itself.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entries, root } from "./entries.mjs";
import { nodeBinary } from "./node-versions.mjs";
import { pack, tarball } from "./pack.mjs";

const EXIT_WITHIN_MS = 5_000;
const GIVE_UP_AFTER_MS = 60_000;

/** Runs one program; resolves to undefined, or to what went wrong. */
function runProgram(binary, file, cwd) {
  return new Promise((resolve) => {
    const child = spawn(binary, [file], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let isReady = false;
    let fault;
    const stop = (reason) => {
      fault = reason;
      child.kill("SIGKILL");
    };
    let timer = setTimeout(() => stop("never got ready"), GIVE_UP_AFTER_MS);
    const read = (chunk) => {
      output += chunk;
      if (isReady || !/^ready$/m.test(output)) return;
      isReady = true;
      clearTimeout(timer);
      timer = setTimeout(
        () => stop(`did not exit within ${EXIT_WITHIN_MS} ms of being ready`),
        EXIT_WITHIN_MS,
      );
    };
    child.stdout.setEncoding("utf8").on("data", read);
    child.stderr.setEncoding("utf8").on("data", read);
    child.on("error", (error) => {
      fault ??= error.message;
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (fault === undefined && code !== 0) fault = `exit ${code ?? signal}`;
      if (fault === undefined && !isReady) fault = "ended before it was ready";
      resolve(fault && `${fault}\n${output}`);
    });
  });
}

/** A user's TypeScript, in every way it may be set up, reads the shipped types without skipLibCheck. */
function checkTypes(folder) {
  const require = createRequire(import.meta.url);
  // Who imports auspex/fastify has it; the programs above ran without.
  symlinkSync(join(root, "node_modules/fastify"), join(folder, "node_modules/fastify"), "junction");
  const tsc = require.resolve("typescript/bin/tsc");
  const lines = entries.map(({ specifier }, i) => `import * as m${i} from "${specifier}";`);
  const source = `${lines.join("\n")}\nexport default [${entries.map((_, i) => `m${i}`).join(", ")}];\n`;
  writeFileSync(join(folder, "types.mts"), source);
  writeFileSync(join(folder, "types.cts"), source);
  let faults = "";
  // One program each: nobody reads the ESM and the CJS declarations in one.
  for (const [module, resolution, file] of [
    ["nodenext", "nodenext", "types.mts"],
    ["nodenext", "nodenext", "types.cts"],
    ["esnext", "bundler", "types.mts"],
  ]) {
    const run = spawnSync(
      process.execPath,
      [tsc, "--noEmit", "--strict", "--target", "es2022", "--module", module].concat(
        ["--moduleResolution", resolution, "--typeRoots", join(root, "node_modules/@types")],
        ["--types", "node", "--skipLibCheck", "false", file],
      ),
      { cwd: folder, encoding: "utf8" },
    );
    // Only our own declarations are held to it.
    const ours = run.stdout
      .split("\n")
      .filter((line) => /^(node_modules\/auspex|types\.)/.test(line));
    if (ours.length > 0) faults += `${resolution}: ${ours.join("\n")}\n`;
  }
  return faults || undefined;
}

const wanted = process.argv.slice(2).filter((arg) => arg !== "--packed");
if (wanted.length === 0) wanted.push("20", "22", "24", "types");
if (!process.argv.includes("--packed")) pack();

const folder = mkdtempSync(join(tmpdir(), "auspex-smoke-"));
let failed = 0;
try {
  writeFileSync(join(folder, "package.json"), '{ "name": "smoke", "private": true }\n');
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--offline", tarball];
  const install = spawnSync("npm", args, { cwd: folder, encoding: "utf8" });
  if (install.status !== 0) throw new Error(`npm install of the tarball failed\n${install.stderr}`);

  const installed = readdirSync(join(folder, "node_modules")).filter((name) => name[0] !== ".");
  if (installed.join() !== "auspex") throw new Error(`it brings ${installed.join(", ")}`);

  const programs = readdirSync(join(root, "scripts/smoke")).filter((file) =>
    /\.[cm]js$/.test(file),
  );
  for (const file of programs) cpSync(join(root, "scripts/smoke", file), join(folder, file));
  // The programs import what package.json exports, and nothing has to be listed twice.
  const specifiers = entries.map((entry) => entry.specifier);
  writeFileSync(join(folder, "specifiers.json"), JSON.stringify(specifiers));

  for (const target of wanted) {
    if (target === "types") {
      const fault = checkTypes(folder);
      console.log(`${fault ? "FAIL" : "ok  "} types of the package`);
      if (fault) {
        console.error(fault);
        failed++;
      }
      continue;
    }
    const binary = nodeBinary(target);
    const version = spawnSync(binary, ["--version"], { encoding: "utf8" }).stdout.trim();
    if (!version.startsWith(`v${target}.`)) throw new Error(`${binary} is ${version}`);
    for (const file of programs) {
      const fault = await runProgram(binary, file, folder);
      console.log(`${fault ? "FAIL" : "ok  "} Node ${version} ${file}`);
      if (fault) {
        console.error(fault);
        failed++;
      }
    }
  }
} catch (error) {
  console.error(error.message);
  failed++;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;
