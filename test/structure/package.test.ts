import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import lock from "../../package-lock.json" with { type: "json" };
import tsconfig from "../../tsconfig.json" with { type: "json" };
import tsup from "../../tsup.config.js";

const subpaths = Object.entries(manifest.exports).flatMap(([subpath, conditions]) =>
  typeof conditions === "string" ? [] : [{ subpath, conditions }],
);
const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

describe("package.json", () => {
  it("brings no runtime dependency", () => {
    expect(manifest).not.toHaveProperty("dependencies");
    expect(manifest).not.toHaveProperty("optionalDependencies");
  });

  it("asks for frameworks as optional peers only", () => {
    const optional = Object.entries(manifest.peerDependenciesMeta)
      .filter(([, { optional }]) => optional)
      .map(([name]) => name);
    expect(optional).toEqual(Object.keys(manifest.peerDependencies));
  });

  it("puts types first in every condition, .d.ts beside ESM and .d.cts beside CommonJS", () => {
    for (const { subpath, conditions } of subpaths) {
      expect(Object.keys(conditions), subpath).toEqual(["import", "require"]);
      const { import: esm, require: cjs } = conditions;
      expect(Object.keys(esm), subpath).toEqual(["types", "default"]);
      expect(Object.keys(cjs), subpath).toEqual(["types", "default"]);
      const base = esm.default.replace(/\.js$/, "");
      expect([esm.types, cjs.types, cjs.default], subpath).toEqual([
        `${base}.d.ts`,
        `${base}.d.cts`,
        `${base}.cjs`,
      ]);
    }
  });

  it("exports what tsup builds, from the sources tsconfig names", () => {
    const { paths } = tsconfig.compilerOptions as { paths: Record<string, string[]> };
    const exported = subpaths.map(({ subpath, conditions }) => [
      conditions.import.default.replace("./dist/", "").replace(/\.js$/, ""),
      paths[subpath.replace(/^\./, manifest.name)]?.[0]?.replace("./", ""),
    ]);
    const commands = { cli: "src/cli/main.ts" };
    expect(tsup).toHaveProperty("entry", { ...Object.fromEntries(exported), ...commands });
    expect(manifest.bin).toEqual({ auspex: "./dist/cli.cjs" });
    expect(Object.keys(paths)).toHaveLength(subpaths.length);
  });
});

describe("package-lock.json", () => {
  it("names no registry, so that any mirror will do", () => {
    const resolved = Object.entries(lock.packages)
      .filter(([, entry]) => "resolved" in entry)
      .map(([name]) => name);
    expect(resolved).toEqual([]);
  });
});

describe("CHANGELOG.md", () => {
  it("has an entry for the version of package.json", () => {
    expect(read("CHANGELOG.md")).toContain(`## [${manifest.version}]`);
  });
});
