// Node binaries of other majors. The npm package `node` is a stub whose install script fetches
// a package per platform; that one is taken straight, because scripts may be off.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./entries.mjs";

const platform = process.platform === "win32" ? "win" : process.platform;
const prefix = platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
const packageName = `${prefix}-${platform}-${process.arch}`;

/** The path of a Node binary of this major, kept in .cache/node-versions. */
export function nodeBinary(major) {
  if (process.versions.node.split(".")[0] === String(major)) return process.execPath;
  const folder = join(root, ".cache/node-versions", String(major));
  const binary = join(
    folder,
    "node_modules",
    packageName,
    "bin",
    platform === "win" ? "node.exe" : "node",
  );
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
    const args = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
    const done = spawnSync("npm", [...args, `${packageName}@${major}`], {
      cwd: folder,
      encoding: "utf8",
    });
    if (done.status !== 0 || !existsSync(binary)) {
      throw new Error(
        `no Node ${major}: npm install ${packageName}@${major} failed\n${done.stderr}`,
      );
    }
  }
  return binary;
}
