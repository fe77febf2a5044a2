// The public API, one report per sub-path, under test/api/. Without an argument: check;
// with --update: write. All reports share one compiler.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
} from "@microsoft/api-extractor";
import { entries, root } from "./entries.mjs";

const update = process.argv.includes("--update");
const types = join(root, ".cache/types");
const reports = join(root, "test/api");

rmSync(types, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const emit = spawnSync(
  process.execPath,
  [tsc, "-p", "tsconfig.build.json", "--noEmit", "false"].concat([
    "--declaration",
    "--emitDeclarationOnly",
    "--outDir",
    types,
  ]),
  { cwd: root, stdio: "inherit" },
);
if (emit.status !== 0) process.exit(1);

const base = ExtractorConfig.loadFile(join(root, "api-extractor.json"));
const configs = entries.map(({ source, report }) =>
  ExtractorConfig.prepare({
    configObject: {
      ...base,
      projectFolder: root,
      mainEntryPointFilePath: join(
        types,
        source.replace(/^\.\/src\//, "").replace(/\.ts$/, ".d.ts"),
      ),
      apiReport: { ...base.apiReport, reportFileName: report },
    },
    configObjectFullPath: join(root, "api-extractor.json"),
    packageJsonFullPath: join(root, "package.json"),
  }),
);
const compilerState = CompilerState.create(configs[0], {
  additionalEntryPoints: configs.slice(1).map((config) => config.mainEntryPointFilePath),
});

let failed = 0;
for (const [index, config] of configs.entries()) {
  const { report } = entries[index];
  const result = Extractor.invoke(config, {
    compilerState,
    localBuild: update,
    messageCallback(message) {
      message.handled = true;
      const serious =
        message.logLevel === ExtractorLogLevel.Error ||
        (message.logLevel === ExtractorLogLevel.Warning &&
          !message.messageId.startsWith("console"));
      if (serious) console.error(`${report}: ${message.text}`);
    },
  });
  if (result.apiReportChanged && !update) {
    console.error(`${report}: the public API changed; run "npm run api:update" and commit it`);
    const [before, after] = [config.reportFilePath, config.reportTempFilePath];
    spawnSync("git", ["diff", "--no-index", "--no-color", "--unified=0", before, after], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    failed++;
  } else if (result.errorCount > 0) {
    failed++;
  } else if (result.apiReportChanged) {
    console.log(`${report}: written`);
  }
}

const known = new Set(entries.map((entry) => entry.report));
for (const file of readdirSync(reports)) {
  if (known.has(file)) continue;
  if (update) rmSync(join(reports, file));
  else {
    console.error(`${file}: no sub-path has this report; run "npm run api:update"`);
    failed++;
  }
}
process.exitCode = failed > 0 ? 1 : 0;
