import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const { paths } = JSON.parse(
  readFileSync(new URL("../tsconfig.json", import.meta.url), "utf8"),
).compilerOptions;

/**
 * The sub-paths a user may import, with the source file and the report of each.
 * `paths` of tsconfig.json names the sources; `exports` of package.json says which are public.
 */
export const entries = Object.keys(manifest.exports)
  .filter((subpath) => subpath !== "./package.json")
  .map((subpath) => {
    const specifier = subpath.replace(/^\./, manifest.name);
    const source = paths[specifier]?.[0];
    if (source === undefined) throw new Error(`tsconfig.json has no path for ${specifier}`);
    const report = `${subpath === "." ? "index" : subpath.slice(2).replaceAll("/", "-")}.api.md`;
    return { specifier, source, report };
  });
