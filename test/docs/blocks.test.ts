import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createAuspex, type OptionsError } from "auspex";
import ts from "typescript";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt } from "../../scripts/built.mjs";
import { keep, root, run } from "../examples/program.js";

const pages = ["README.md", ...readdirSync(join(root, "docs")).map((file) => `docs/${file}`)];
const read = (page: string) => readFileSync(join(root, page), "utf8");

/** Servers in a text listen on a port of the reader's; here on any, and not for ever. */
function runnable(code: string): string {
  return `${code.replace(/\.listen\(\d+/, ".listen(0")}\nsetTimeout(() => process.exit(), 100);\n`;
}

function blocksOf(page: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm");
  return [...read(page).matchAll(fence)].map(([, code]) => code as string);
}

beforeAll(() => ensureBuilt());

describe("the documentation", () => {
  for (const page of pages) {
    const programs = [
      ...blocksOf(page, "js"),
      ...blocksOf(page, "ts").map((code) => {
        const { ES2022: target } = ts.ScriptTarget;
        const compilerOptions = { target, module: ts.ModuleKind.ESNext };
        return ts.transpileModule(code, { compilerOptions }).outputText;
      }),
    ];
    if (programs.length > 0) {
      it(`${page}: its programs run as they stand`, async () => {
        for (const [at, code] of programs.entries()) {
          const name = `${page.replaceAll("/", "-")}-${at}.mjs`;
          const { code: exit, stderr } = await run(keep(name, runnable(code)));
          expect(stderr, code).toBe("");
          expect(exit, code).toBe(0);
        }
      });
    }

    it(`${page}: its JSON is JSON, and its links lead somewhere`, () => {
      for (const text of blocksOf(page, "json")) JSON.parse(text);
      const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link);
      const folder = page.includes("/") ? join(root, "docs") : root;
      expect(links.filter((link) => !existsSync(join(folder, link as string)))).toEqual([]);
    });
  }

  it("lists every option in the README", () => {
    let known = "";
    try {
      createAuspex({ nothing: 1 } as object);
    } catch (error) {
      known = (error as OptionsError).faults[0] as string;
    }
    const names = known.replace(/^.* known are /, "").split(", ");
    expect(names.length).toBeGreaterThan(5);
    const listed = [...read("README.md").matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual(names.sort());
  });

  it("names everything in `self`", () => {
    const auspex = createAuspex({ saturation: false });
    const text = read("docs/reliability.md");
    for (const name of Object.keys(auspex.snapshot().self)) expect(text).toContain(`\`${name}`);
  });
});
