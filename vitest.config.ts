import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import tsconfig from "./tsconfig.json" with { type: "json" };

// The names a user writes resolve to the sources; the longest first, so that "auspex" is not a prefix.
const alias = Object.entries(tsconfig.compilerOptions.paths).map(([name, [path]]) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(path as string, import.meta.url)),
}));

// What an earlier run has learned is nothing to this one, and nothing is left in the home of who runs it.
const state = fileURLToPath(new URL(".cache/state", import.meta.url));
rmSync(state, { recursive: true, force: true });

export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/**/*.test.ts"],
    env: { XDG_STATE_HOME: state },
    pool: "forks",
    maxWorkers: 2,
    // Not how long a test may take, which is up to the machine: when one that hangs is given up.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    teardownTimeout: 30_000,
    expect: { poll: { timeout: 30_000 } },
    // A machine shared with others: a slow file is not a broken one.
    slowTestThreshold: 2_000,
    passWithNoTests: false,
  },
});
