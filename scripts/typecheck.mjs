// tsc over everything that is TypeScript. Legacy decorators need a compiler option of their own,
// so files in a folder named legacy-decorators are a second project.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { root } from "./entries.mjs";

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const projects = ["tsconfig.json"];

const hasLegacy = ["test", "examples"].some((folder) => {
  try {
    return readdirSync(`${root}/${folder}`, { recursive: true }).some((file) =>
      /legacy-decorators\/.*\.ts$/.test(file.replaceAll("\\", "/")),
    );
  } catch {
    return false;
  }
});
if (hasLegacy) projects.push("tsconfig.legacy-decorators.json");

let status = 0;
for (const project of projects) {
  const run = spawnSync(process.execPath, [tsc, "-p", project, "--pretty", "false"], {
    cwd: root,
    stdio: "inherit",
  });
  if (run.status !== 0) status = 1;
}
process.exitCode = status;
