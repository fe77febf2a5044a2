import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileStore } from "../../src/state/file-store.js";
import { fileName, stateDirectory } from "../../src/state/place.js";
import { HOSTILE } from "../helpers/hostile.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "auspex-files-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (more: object = {}) => fileStore({ service: "shop", directory, ...more });
/** With U+FFFD for lone surrogates, as UTF-8 has it. */
const wellFormed = (text: string) => Buffer.from(text).toString();
const everything = () => readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
const mode = (path: string) => statSync(join(directory, path)).mode & 0o777;

describe("a file store", () => {
  it("gives back what was saved, whatever the text", async () => {
    const store = open();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), async (value) => {
        await store.save("detectors/state", value);
        expect(await store.load("detectors/state")).toBe(wellFormed(value));
      }),
      { numRuns: 30 },
    );
  });

  it("keeps values of different keys apart, and knows nothing of others", async () => {
    const store = open();
    await store.save("a/b", "1");
    await store.save("a%2Fb", "2");
    expect(await store.load("a/b")).toBe("1");
    expect(await store.load("a%2Fb")).toBe("2");
    expect(await store.load("a")).toBeUndefined();
  });

  it("lets the last of several saves at once stay, and leaves no half-written file", async () => {
    const store = open();
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.save("key", String(i))));
    expect(await store.load("key")).toBe("19");
    expect(everything().filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("writes nothing as long as nothing was ever saved", async () => {
    const store = open();
    expect(await store.load("key")).toBeUndefined();
    await store.close();
    expect(everything()).toEqual([]);
  });

  it("keeps folders and files private", async () => {
    await open().save("key", "value");
    expect(everything()).toEqual(["shop", "shop/0", "shop/0/claim.1", "shop/0/key.state"]);
    expect([mode("shop"), mode("shop/0")]).toEqual([0o700, 0o700]);
    expect([mode("shop/0/claim.1"), mode("shop/0/key.state")]).toEqual([0o600, 0o600]);
  });

  it("refuses a value that is too large, and does not read one", async () => {
    const store = open({ maxBytes: 10 });
    await store.save("key", "0123456789");
    await expect(store.save("key", "01234567890")).rejects.toThrow(/11 bytes; 10 at most/);
    expect(await store.load("key")).toBe("0123456789");
    writeFileSync(join(directory, "shop/0/key.state"), "x".repeat(1000));
    expect(await store.load("key")).toBeUndefined();
  });

  it("rejects, and goes on, when the folder cannot be made", async () => {
    writeFileSync(join(directory, "shop"), "a file where a folder belongs");
    const store = open();
    await expect(store.load("key")).rejects.toThrow(/ENOTDIR/);
    await expect(store.save("key", "value")).rejects.toThrow(/EEXIST|ENOTDIR/);
    rmSync(join(directory, "shop"));
    await store.save("key", "value");
    expect(await store.load("key")).toBe("value");
  });

  it("rejects without a home and on a disk that cannot be written to", async () => {
    for (const folder of ["/proc/auspex", "/dev/null/auspex"]) {
      const store = fileStore({ service: "shop", directory: folder });
      await expect(store.save("key", "value")).rejects.toThrow(/ENOENT|ENOTDIR|EROFS|EACCES|EPERM/);
      await store.close();
    }
  });

  it("rejects keys that make no file name", async () => {
    const store = open();
    for (const key of ["", "x".repeat(300), "\u{1F600}".repeat(40)]) {
      await expect(store.save(key, "value")).rejects.toThrow(RangeError);
      await expect(store.load(key)).rejects.toThrow(RangeError);
    }
    await store.save("../../escape", "inside");
    expect(await store.load("../../escape")).toBe("inside");
    expect(everything().every((name) => name.startsWith("shop"))).toBe(true);
  });

  it("says at construction what is wrong with its options", () => {
    expect(() => fileStore({ service: "" })).toThrow(/service is ""; give the name/);
    expect(() => open({ directory: 5 })).toThrow(/directory is 5; give a path/);
    expect(() => open({ maxBytes: 0 })).toThrow(/maxBytes is 0; give a whole number/);
    for (const make of Object.values(HOSTILE)) {
      // Nothing but its own errors, and never a store of no service.
      expect(() => fileStore(make() as never)).toThrow();
    }
  });
});

describe("slots of one host", () => {
  const claims = (slot: number) =>
    readdirSync(join(directory, `shop/${slot}`)).filter((name) => name.startsWith("claim"));

  it("give several stores of one process folders of their own", async () => {
    const [first, second] = [open(), open()];
    await first.save("key", "first");
    await second.save("key", "second");
    expect(await first.load("key")).toBe("first");
    expect(await second.load("key")).toBe("second");
  });

  it("go to the next store when one is closed", async () => {
    const first = open();
    await first.save("key", "value");
    await first.close();
    const second = open();
    expect(await second.load("key")).toBe("value");
    expect(claims(0)).toEqual(["claim.2"]);
  });

  it("are free when the process that holds them has gone, or another has its pid", async () => {
    for (const holder of [
      { pid: 2 ** 22 - 1, started: "5" },
      { pid: process.ppid, started: "1" },
    ]) {
      const store = open();
      await store.save("key", "old");
      const [claim] = claims(0) as [string];
      const path = join(directory, "shop/0", claim);
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...holder }));
      const next = open();
      expect(await next.load("key")).toBe("old");
      await next.close();
    }
  });

  it("are free when the machine was started anew since", async () => {
    await open().save("key", "old");
    const path = join(directory, "shop/0/claim.1");
    const holder = { ...JSON.parse(readFileSync(path, "utf8")), scope: "another boot" };
    writeFileSync(path, JSON.stringify(holder));
    expect(await open().load("key")).toBe("old");
  });

  it("of another host are believed for a quarter of an hour after their holder last saved", async () => {
    await open().save("key", "old");
    const path = join(directory, "shop/0/claim.1");
    const holder = { ...JSON.parse(readFileSync(path, "utf8")), host: "elsewhere" };
    writeFileSync(path, JSON.stringify(holder));
    expect(await open().load("key")).toBeUndefined();
    const past = Date.now() / 1000 - 16 * 60;
    utimesSync(path, past, past);
    expect(await open().load("key")).toBe("old");
  });

  it("that are lost to another are left to it", async () => {
    const first = open();
    await first.save("key", "first");
    // Another container of the same host name, say, which sees no life in this one.
    const claim = JSON.parse(readFileSync(join(directory, "shop/0/claim.1"), "utf8"));
    const other = JSON.stringify({ ...claim, scope: "another container" });
    writeFileSync(join(directory, "shop/0/claim.2"), other);
    await first.save("key", "moved");
    expect(await first.load("key")).toBe("moved");
    expect(readFileSync(join(directory, "shop/0/key.state"), "utf8")).toBe("first");
    expect(readFileSync(join(directory, "shop/1/key.state"), "utf8")).toBe("moved");
  });

  it("with a damaged or half-written claim are free after a minute", async () => {
    for (const text of ["", "{", "[]", '{"pid":"1"}', "null"]) {
      const store = open();
      await store.save("key", "old");
      await store.close();
      const [claim] = claims(0) as [string];
      const path = join(directory, "shop/0", claim);
      writeFileSync(path, text);
      expect(await open().load("key")).toBeUndefined();
      const past = Date.now() / 1000 - 61;
      utimesSync(path, past, past);
      const next = open();
      expect(await next.load("key")).toBe("old");
      await next.close();
    }
  });

  it("that may not be written to are somebody else's", async () => {
    mkdirSync(join(directory, "shop/0"), { recursive: true });
    writeFileSync(join(directory, "shop/0/key.state"), "not mine");
    chmodSync(join(directory, "shop/0"), 0o000);
    try {
      // The superuser is refused nothing.
      const isRefused = process.getuid?.() !== 0;
      const store = open();
      await store.save("key", "mine");
      expect(await store.load("key")).toBe("mine");
      expect(existsSync(join(directory, "shop/1"))).toBe(isRefused);
    } finally {
      chmodSync(join(directory, "shop/0"), 0o700);
    }
  });

  it("are cleared of what a crash left half-written", async () => {
    const store = open();
    await store.save("key", "value");
    await store.close();
    writeFileSync(join(directory, "shop/0/key.state.7.tmp"), "half");
    await open().load("key");
    expect(everything()).not.toContain("shop/0/key.state.7.tmp");
  });
});

describe("the place of state", () => {
  it("follows the XDG specification", () => {
    const at = (environment: Record<string, string | undefined>) =>
      stateDirectory("my shop/eu", undefined, environment);
    expect(at({ XDG_STATE_HOME: "/var/state" })).toBe("/var/state/auspex/my%20shop%2Feu");
    for (const environment of [{}, { XDG_STATE_HOME: "relative" }, { XDG_STATE_HOME: "" }]) {
      expect(at(environment)).toBe(join(homedir(), ".local/state/auspex/my%20shop%2Feu"));
    }
    expect(stateDirectory("shop", "/data")).toBe("/data/shop");
  });

  it("is one folder, or file, for every text, and a different one for a different text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 20 }), (text) => {
        const name = fileName(text);
        expect(name).toMatch(/^[\w!'()~%.-]+$/);
        expect([".", ".."]).not.toContain(name);
        expect(decodeURIComponent(name)).toBe(wellFormed(text));
      }),
    );
  });
});
