import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { detectResource } from "../../src/snapshot/detect-resource.js";
import { systemSources } from "../../src/snapshot/resource-sources.js";
import { SDK_VERSION } from "../../src/snapshot/sdk-version.js";
import { sourcesOf } from "./fake-resource-sources.js";

const fail = () => {
  throw new Error("not allowed");
};

describe("resource detection", () => {
  it("tells the process, its host and the library, and nothing else of a plain machine", () => {
    expect(detectResource(sourcesOf())).toEqual({
      "service.instance.id": "8f4b7a52-0000-4000-8000-000000000000",
      "telemetry.sdk.name": "auspex",
      "telemetry.sdk.language": "nodejs",
      "telemetry.sdk.version": SDK_VERSION,
      "host.name": "box",
      "host.arch": "amd64",
      "os.type": "linux",
      "os.version": "6.1.0",
      "process.pid": 42,
      "process.executable.name": "node",
      "process.runtime.name": "nodejs",
      "process.runtime.version": "20.20.0",
      "process.runtime.description": "Node.js",
    });
  });

  it("goes by the version of the package", () => {
    expect(SDK_VERSION).toBe(manifest.version);
  });

  it("writes architectures and systems as the conventions do", () => {
    const of = (platform: string, arch: string) => {
      const found = detectResource(sourcesOf({}, { platform, arch }));
      return [found["os.type"], found["host.arch"]];
    };
    expect(of("win32", "ia32")).toEqual(["windows", "x86"]);
    expect(of("darwin", "arm64")).toEqual(["darwin", "arm64"]);
    expect(of("sunos", "arm")).toEqual(["solaris", "arm32"]);
    expect(of("linux", "s390x")).toEqual(["linux", "s390x"]);
  });

  it("finds this very process, with one instance id however often it is asked", () => {
    const found = detectResource();
    expect(found["process.pid"]).toBe(process.pid);
    expect(found["process.runtime.version"]).toBe(process.versions.node);
    expect(found["service.instance.id"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(detectResource()["service.instance.id"]).toBe(found["service.instance.id"]);
    expect(Object.isFrozen(found)).toBe(true);
  });

  it("shows no argument of the command line and no path", () => {
    const text = JSON.stringify(detectResource());
    for (const argument of process.argv) expect(text).not.toContain(JSON.stringify(argument));
    expect(text).not.toContain(process.execPath);
  });

  it("never asks for the machine's id", () => {
    const asked: string[] = [];
    const readFile = (path: string) => {
      asked.push(path);
      return undefined;
    };
    detectResource(sourcesOf({ env: { KUBERNETES_SERVICE_HOST: "10.0.0.1" } }, { readFile }));
    expect(asked.filter((path) => path.includes("machine-id"))).toEqual([]);
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  it("keeps what it can when a source fails", () => {
    const found = detectResource(sourcesOf({}, { hostname: fail, osRelease: fail }));
    expect(found["host.name"]).toBeUndefined();
    expect(found["host.arch"]).toBe("amd64");
    const without = detectResource(
      sourcesOf(
        { env: { KUBERNETES_SERVICE_HOST: "x", FLY_APP_NAME: "shop" } },
        { readFile: fail },
      ),
    );
    expect(without["process.pid"]).toBe(42);
    expect(without["cloud.provider"]).toBe("fly_io");
    expect(without).not.toHaveProperty("container.id");
  });

  it("takes no empty text, no text of several lines, and no more than 256 characters", () => {
    const named = (FLY_APP_NAME: string) =>
      detectResource(sourcesOf({ env: { FLY_APP_NAME } }))["service.name"];
    expect(named("shop")).toBe("shop");
    expect(named(" shop\n")).toBe("shop");
    expect(named("")).toBeUndefined();
    expect(named("shop\nforged 1")).toBeUndefined();
    expect(named("x".repeat(1e6))).toHaveLength(256);
  });

  it("reads the environment anew, and only when it is asked", () => {
    expect(systemSources().env).toBe(process.env);
  });
});
