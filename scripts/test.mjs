// npm test: every check, in order, each on one line; all of them even when one fails.
//
//   npm test                   everything
//   npm test -- lint vitest    these checks only (and what they need)
//
// Each check counts one, each vitest test counts one. The last line is "N passed, N failed".
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { root } from "./entries.mjs";

const AT_ONCE = 2;
const results = join(root, ".cache/vitest.json");
const env = {
  ...process.env,
  PATH: `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH}`,
};

const node = (...args) => [process.execPath, ...args];
const checks = [
  { name: "lockfile", run: node("scripts/lockfile.mjs", "--check") },
  { name: "lint", run: ["biome", "check", "--error-on-warnings", "."] },
  { name: "types", run: node("scripts/typecheck.mjs") },
  { name: "unused", run: ["knip"] },
  { name: "api", run: node("scripts/api.mjs") },
  { name: "build", run: node("scripts/build.mjs") },
  { name: "pack", run: node("scripts/pack.mjs"), needs: "build" },
  { name: "publint", run: ["publint", "run", ".cache/pack/auspex.tgz", "--strict"], needs: "pack" },
  { name: "attw", run: ["attw", ".cache/pack/auspex.tgz", "--profile", "node16"], needs: "pack" },
  { name: "size", run: ["size-limit"], needs: "build" },
  { name: "smoke types", run: node("scripts/smoke.mjs", "--packed", "types"), needs: "pack" },
  { name: "smoke node 20", run: node("scripts/smoke.mjs", "--packed", "20"), needs: "pack" },
  { name: "smoke node 22", run: node("scripts/smoke.mjs", "--packed", "22"), needs: "pack" },
  { name: "smoke node 24", run: node("scripts/smoke.mjs", "--packed", "24"), needs: "pack" },
  { name: "peers", run: node("scripts/peers.mjs") },
  // Alone and last: its tests measure time, and its examples run the built package.
  {
    name: "vitest",
    run: ["vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${results}`],
    needs: "build",
    alone: true,
    timeoutMs: 30 * 60_000,
  },
];

const only = process.argv.slice(2);
const unknown = only.filter((name) => !checks.some((check) => check.name.split(" ")[0] === name));
if (unknown.length > 0) {
  console.error(`no such check: ${unknown.join(", ")}`);
  process.exit(2);
}
const selected = new Set(
  checks.filter(({ name }) => only.length === 0 || only.includes(name.split(" ")[0])),
);
for (const check of [...checks].reverse()) {
  if (selected.has(check) && check.needs) {
    selected.add(checks.find(({ name }) => name === check.needs));
  }
}

/** Runs a command; output is kept unless it is shown as it comes. */
function execute({ run: [command, ...args], alone, timeoutMs = 10 * 60_000 }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: ["ignore", alone ? "inherit" : "pipe", alone ? "inherit" : "pipe"],
    });
    let output = "";
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout?.setEncoding("utf8").on("data", keep);
    child.stderr?.setEncoding("utf8").on("data", keep);
    const timer = setTimeout(() => {
      keep(`\ntook longer than ${timeoutMs / 60_000} minutes\n`);
      child.kill("SIGKILL");
    }, timeoutMs);
    child.on("error", (error) => keep(error.message));
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ ok: code === 0, output });
    });
  });
}

/** Vitest's own counts. A skipped test is a failed one: nothing is left out in silence. */
function countTests(ok) {
  let report;
  try {
    report = JSON.parse(readFileSync(results, "utf8"));
  } catch {
    return { passed: 0, failures: ["vitest: no results"] };
  }
  const failures = [];
  for (const file of report.testResults) {
    const name = relative(root, file.name);
    if (file.assertionResults.length === 0) failures.push(`${name}: no test ran`);
    for (const test of file.assertionResults) {
      if (test.status === "passed") continue;
      failures.push(
        `${name}: ${test.fullName}${test.status === "failed" ? "" : ` (${test.status})`}`,
      );
    }
  }
  if (!ok && failures.length === 0) failures.push("vitest: an error outside of any test");
  return { passed: report.numPassedTests, failures };
}

const started = new Map();
const failures = [];
let passed = 0;

async function perform(check) {
  const needed = check.needs && started.get(check.needs);
  if (needed && !(await needed)) {
    console.log(`FAIL  ${check.name}: needs ${check.needs}`);
    failures.push(check.name);
    return false;
  }
  const from = performance.now();
  const { ok, output } = await execute(check);
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  if (check.name === "vitest") {
    const tests = countTests(ok);
    passed += tests.passed;
    failures.push(...tests.failures);
    const state = tests.failures.length === 0 ? "ok   " : "FAIL ";
    console.log(`${state} vitest  ${seconds} s, ${tests.passed} of its tests passed`);
    return tests.failures.length === 0;
  }
  console.log(`${ok ? "ok   " : "FAIL "} ${check.name}  ${seconds} s`);
  if (ok) passed++;
  else {
    failures.push(check.name);
    console.log(output.trimEnd().replace(/^/gm, "      "));
  }
  return ok;
}

mkdirSync(join(root, ".cache"), { recursive: true });
rmSync(results, { force: true });

const running = new Set();
for (const check of checks) {
  if (!selected.has(check)) continue;
  while (running.size >= (check.alone ? 1 : AT_ONCE)) await Promise.race(running);
  const promise = perform(check);
  started.set(check.name, promise);
  running.add(promise);
  promise.finally(() => running.delete(promise));
}
await Promise.all(running);

if (failures.length > 0)
  console.log(`\nfailed:\n${failures.map((name) => `  ${name}`).join("\n")}`);
console.log(`\n${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;
