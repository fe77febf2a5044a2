import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import tsconfig from "../../tsconfig.json" with { type: "json" };

/** Who may import whom. A room stands for all its files; `room/file.ts` for that file alone. */
interface Rule {
  /** Rooms whose values and types may be imported. */
  readonly values: readonly string[];
  /** Rooms of which only types may be imported. */
  readonly types?: readonly string[];
  /** Every member (a folder, or a public file) of the room stands alone: members do not import one another. */
  readonly apart?: boolean;
}

const ground = ["diag", "time", "attributes", "histogram"];
const reading = ["snapshot", "diag", "time"];
const watching = [...reading, "histogram", "state", "readers/watcher.ts", "readers/checks.ts"];

const rules: Readonly<Record<string, Rule>> = {
  diag: { values: [] },
  time: { values: [] },
  attributes: { values: [] },
  histogram: { values: [] },
  instruments: { values: ground },
  window: { values: [...ground, "instruments"] },
  snapshot: { values: [...ground, "instruments", "window"] },
  "snapshot/model.ts": { values: [] },
  "snapshot/events.ts": { values: [], types: ["snapshot/model.ts"] },
  state: { values: ["diag", "time"] },
  readers: { values: reading, types: ["instruments", "state", "window"] },
  exporters: {
    values: [
      ...reading,
      "histogram",
      "state",
      "readers/checks.ts",
      "readers/exporter.ts",
      "readers/pull.ts",
    ],
    apart: true,
  },
  testing: { values: [...reading, "histogram", "readers", "detectors"] },
  fleet: {
    values: [
      ...ground,
      "snapshot",
      "readers",
      "instruments/internals.ts",
      "exporters/redis",
      "exporters/prometheus",
    ],
    types: ["window", "state"],
  },
  baselines: { values: watching, types: ["instruments", "window"] },
  detectors: { values: [...watching, "baselines"], types: ["window"] },
  slo: { values: watching, types: ["instruments", "window"] },
  alerts: {
    values: [...watching, "attributes/pattern.ts"],
    types: ["instruments", "detectors", "slo", "window"],
  },
  workload: { values: [...watching, "baselines"], types: ["instruments", "window"] },
  dashboard: { values: [...reading, "alerts"], types: ["detectors", "slo"] },
  cli: { values: [...reading, "fleet"], types: ["window"] },
  integrations: { values: ["instruments", "attributes", "histogram/layout.ts", "time", "diag"] },
  "options.ts": {
    values: [
      ...ground,
      "instruments/view.ts",
      "detectors/watch/options.ts",
      "option-values.ts",
      "readers/checks.ts",
      "readers/entries.ts",
    ],
    types: ["instruments", "integrations", "window", "snapshot", "readers", "state"],
  },
  "option-values.ts": {
    values: [
      ...ground,
      "integrations/runtime/groups.ts",
      "readers/checks.ts",
      "readers/watching.ts",
    ],
    types: ["options.ts", "integrations", "snapshot", "readers", "state"],
  },
};

/** The wiring: what joins rooms, so it may import any of them. */
const isWiring = (file: string) =>
  file === "auspex.ts" || file === "core.ts" || posix.basename(file) === "index.ts";

const src = fileURLToPath(new URL("../../src", import.meta.url));
const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .map((file) => file.split(sep).join("/"))
  .filter((file) => file.endsWith(".ts"))
  .sort();

interface Import {
  readonly specifier: string;
  readonly line: number;
  readonly kind: "value" | "type" | "lazy";
}

/** Every way one file names another: import, export from, import(), import("…").Type. */
function importsOf(text: string): Import[] {
  const source = ts.createSourceFile("file.ts", text, ts.ScriptTarget.ESNext, false);
  const found: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, kind: Import["kind"]) => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    found.push({ specifier: specifier.text, line: line + 1, kind });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const named = clause?.namedBindings;
      const isTypeOnly =
        clause?.isTypeOnly ||
        (clause !== undefined &&
          clause.name === undefined &&
          named !== undefined &&
          ts.isNamedImports(named) &&
          named.elements.length > 0 &&
          named.elements.every((element) => element.isTypeOnly));
      add(node, node.moduleSpecifier, isTypeOnly ? "type" : "value");
    } else if (ts.isExportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.isTypeOnly ? "type" : "value");
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, "type");
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], "lazy");
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const imports = new Map(
  files.map((file) => [file, importsOf(readFileSync(join(src, file), "utf8"))] as const),
);

/** The file of src/ that a relative specifier names. */
const target = (file: string, specifier: string) =>
  posix.normalize(posix.join(posix.dirname(file), specifier)).replace(/\.js$/, ".ts");

const roomOf = (file: string) => (file.includes("/") ? file.slice(0, file.indexOf("/")) : file);

const publicFiles = new Set(
  Object.values(tsconfig.compilerOptions.paths).map(([path]) => path?.replace("./src/", "")),
);

/** The member of a room a file belongs to; undefined for a file that all members share. */
function memberOf(file: string): string | undefined {
  const [room, second, third] = file.split("/");
  if (third !== undefined) return `${room}/${second}`;
  return publicFiles.has(file) ? file : undefined;
}

function isAllowed(file: string, imported: string, kind: Import["kind"], rule: Rule): boolean {
  const room = roomOf(file);
  const importedRoom = roomOf(imported);
  if (importedRoom === room && room.endsWith(".ts") === false) {
    if (rules[file] !== undefined)
      return rule.types?.includes(imported) === true && kind === "type";
    const other = memberOf(imported);
    return !rule.apart || other === undefined || other === memberOf(file);
  }
  const isNamed = (names: readonly string[] = []) =>
    names.includes(importedRoom) ||
    names.some((name) => imported === name || imported.startsWith(`${name}/`));
  return isNamed(rule.values) || (kind === "type" && isNamed(rule.types));
}

describe("the rooms of src", () => {
  it("each have a rule here", () => {
    const without = files.filter((file) => !isWiring(file) && rules[roomOf(file)] === undefined);
    expect(without).toEqual([]);
  });

  it("import only the rooms they may", () => {
    const faults: string[] = [];
    for (const [file, list] of imports) {
      if (isWiring(file)) continue;
      const rule = rules[file] ?? rules[roomOf(file)];
      for (const { specifier, line, kind } of list) {
        if (!specifier.startsWith(".") || rule === undefined) continue;
        const imported = target(file, specifier);
        if (isAllowed(file, imported, kind, rule)) continue;
        faults.push(`src/${file}:${line} may not import ${imported} (${kind})`);
      }
    }
    expect(faults).toEqual([]);
  });

  it("name files that exist, with the extension .js", () => {
    const faults: string[] = [];
    for (const [file, list] of imports) {
      for (const { specifier, line } of list) {
        if (!specifier.startsWith(".")) continue;
        if (specifier.endsWith(".js") && imports.has(target(file, specifier))) continue;
        faults.push(`src/${file}:${line} ${specifier}`);
      }
    }
    expect(faults).toEqual([]);
  });

  it("use Node's own modules by their node: names, and peers only lazily or as types", () => {
    const peers = Object.keys(manifest.peerDependencies);
    const faults: string[] = [];
    for (const [file, list] of imports) {
      for (const { specifier, line, kind } of list) {
        if (specifier.startsWith(".")) continue;
        if (specifier.startsWith("node:") && isBuiltin(specifier)) continue;
        if (peers.includes(specifier) && kind !== "value") continue;
        faults.push(`src/${file}:${line} ${specifier} (${kind})`);
      }
    }
    expect(faults).toEqual([]);
  });

  it("have no cycle of values among their files", () => {
    const cycles: string[] = [];
    const done = new Set<string>();
    const walk = (file: string, trail: readonly string[]): void => {
      const start = trail.indexOf(file);
      if (start >= 0) {
        cycles.push([...trail.slice(start), file].join(" → "));
        return;
      }
      if (done.has(file)) return;
      for (const { specifier, kind } of imports.get(file) ?? []) {
        if (kind === "value" && specifier.startsWith(".")) {
          walk(target(file, specifier), [...trail, file]);
        }
      }
      done.add(file);
    };
    for (const file of files) walk(file, []);
    expect(cycles).toEqual([]);
  });
});

describe("the reader of import lines", () => {
  it("tells values, types and lazy imports apart, wherever they stand", () => {
    const text = [
      'import { a } from "./a.js";',
      'import type { B } from "./b.js";',
      'import { type C, type D } from "./c.js";',
      'import { type E, f } from "./e.js";',
      'export * from "./g.js";',
      'export type { H } from "./h.js";',
      'import "./i.js";',
      'const j = () => import("./j.js");',
      'type K = import("./k.js").K;',
      "const text = 'import { x } from \"./x.js\"';",
    ].join("\n");
    expect(importsOf(text).map(({ specifier, kind }) => `${specifier} ${kind}`)).toEqual([
      "./a.js value",
      "./b.js type",
      "./c.js type",
      "./e.js value",
      "./g.js value",
      "./h.js type",
      "./i.js value",
      "./j.js lazy",
      "./k.js type",
    ]);
  });

  it("holds a room to its rule", () => {
    const held = (file: string, imported: string, kind: Import["kind"] = "value") =>
      isAllowed(file, imported, kind, (rules[file] ?? rules[roomOf(file)]) as Rule);
    expect(held("instruments/counter.ts", "time/clock.ts")).toBe(true);
    expect(held("instruments/counter.ts", "window/rotation.ts")).toBe(false);
    expect(held("histogram/layout.ts", "diag/log.ts", "type")).toBe(false);
    expect(held("snapshot/model.ts", "snapshot/collect.ts")).toBe(false);
    expect(held("exporters/statsd/encode.ts", "exporters/redis/encode.ts")).toBe(false);
    expect(held("exporters/statsd/encode.ts", "exporters/statsd/options.ts")).toBe(true);
    expect(held("exporters/console.ts", "readers/exporter.ts")).toBe(true);
    expect(held("exporters/console.ts", "readers/periodic.ts")).toBe(false);
    expect(held("alerts/state.ts", "slo/sli.ts", "type")).toBe(true);
    expect(held("alerts/state.ts", "slo/sli.ts")).toBe(false);
    expect(held("integrations/runtime/gc.ts", "snapshot/model.ts")).toBe(false);
  });
});

describe("the sources", () => {
  it("name no file outside of src", () => {
    const outside = files.filter((file) =>
      imports.get(file)?.some(({ specifier }) => {
        if (!specifier.startsWith(".")) return false;
        return relative(src, join(src, dirname(file), specifier)).startsWith("..");
      }),
    );
    expect(outside).toEqual([]);
  });
});
