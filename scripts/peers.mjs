// Programs that tests talk to and that no npm package ships. As root on Debian they are
// installed; elsewhere the one line that says how is the error.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const POLICY = "/usr/sbin/policy-rc.d";

/** Program → the Debian package that has it, and the variable that may name another copy. */
const PEERS = {
  prometheus: { package: "prometheus", variable: "AUSPEX_PROMETHEUS" },
  promtool: { package: "prometheus", variable: "AUSPEX_PROMTOOL" },
  "prometheus-pushgateway": {
    package: "prometheus-pushgateway",
    variable: "AUSPEX_PUSHGATEWAY",
  },
  "redis-server": { package: "redis-server", variable: "AUSPEX_REDIS_SERVER" },
  "redis-cli": { package: "redis-tools", variable: "AUSPEX_REDIS_CLI" },
  "prometheus-alertmanager": {
    package: "prometheus-alertmanager",
    variable: "AUSPEX_ALERTMANAGER",
  },
};

function find(name) {
  const named = process.env[PEERS[name].variable];
  const candidates = named
    ? [named]
    : (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function apt(...args) {
  return spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=180", "-y", "-qq", ...args], {
    encoding: "utf8",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}

function install(packageName) {
  // Only the binary is wanted: a Debian package starts its service unless policy-rc.d says no.
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    apt("update");
    const done = apt("install", "--no-install-recommends", packageName);
    if (done.status !== 0) return (done.stderr || done.error?.message || "").trim();
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
  if (existsSync("/run/systemd/system")) {
    spawnSync("systemctl", ["disable", "--now", packageName], { stdio: "ignore" });
  }
  return undefined;
}

/** The path of a peer, installed if need be. Throws one line that says how to get it. */
export function peer(name) {
  const found = find(name);
  if (found) return found;
  const { package: packageName, variable } = PEERS[name];
  let reason = "";
  if (!process.env[variable] && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    const fault = install(packageName);
    const installed = find(name);
    if (installed) return installed;
    if (fault) reason = ` (tried: ${fault.split("\n").at(-1)})`;
  }
  throw new Error(
    `${name} is missing: apt-get install ${packageName}, or set ${variable} to its path${reason}`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of Object.keys(PEERS)) {
    try {
      console.log(`${name}: ${peer(name)}`);
    } catch (error) {
      console.error(error.message);
      process.exitCode = 1;
    }
  }
}
