// The built package as npm would publish it: .cache/pack/auspex.tgz.
import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./entries.mjs";

export const tarball = join(root, ".cache/pack/auspex.tgz");

/** Packs dist/ as it is; nothing is built. */
export function pack() {
  const folder = join(root, ".cache/pack");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const done = spawnSync(
    "npm",
    ["pack", "--ignore-scripts", "--json", "--pack-destination", folder],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  if (done.status !== 0) throw new Error(`npm pack failed\n${done.stderr}`);
  const [{ filename, files, unpackedSize }] = JSON.parse(done.stdout);
  renameSync(join(folder, filename), tarball);
  return { files: files.map((file) => file.path), unpackedSize };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { files, unpackedSize } = pack();
  console.log(`${files.length} files, ${Math.round(unpackedSize / 1024)} KiB unpacked`);
  const required = ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "dist/index.js"];
  const missing = required.filter((file) => !files.includes(file));
  if (missing.length > 0) {
    console.error(`not in the package: ${missing.join(", ")}`);
    process.exitCode = 1;
  }
}
