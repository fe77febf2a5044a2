import { describe, expect, it } from "vitest";
import { commandOf, HELP } from "../../src/cli/arguments.js";

const of = (line: string, environment = {}) =>
  commandOf(line.split(" ").filter(Boolean), environment);

describe("a command line", () => {
  it("asks for the fleet in a Redis", () => {
    expect(of("top --redis redis://host:6379/2")).toEqual({
      run: "top",
      options: {
        url: "redis://host:6379/2",
        window: "1m",
        intervalMs: 1000,
        once: false,
        json: false,
      },
    });
    expect(
      of(
        "top --redis rediss://h --service shop* --prefix p --window 5m --interval 200 --once --json",
      ),
    ).toMatchObject({
      options: {
        service: "shop*",
        prefix: "p",
        window: "5m",
        intervalMs: 200,
        once: true,
        json: true,
      },
    });
  });

  it("takes the URL from REDIS_URL where it has none", () => {
    expect(of("top", { REDIS_URL: "redis://env" })).toMatchObject({
      options: { url: "redis://env" },
    });
    expect(of("top --redis redis://arg", { REDIS_URL: "redis://env" })).toMatchObject({
      options: { url: "redis://arg" },
    });
  });

  it("may ask for help, which names every option", () => {
    expect(of("")).toEqual({ run: "help" });
    expect(of("top --help")).toEqual({ run: "help" });
    expect(of("-h")).toEqual({ run: "help" });
    expect(of("--version")).toEqual({ run: "version" });
    for (const option of ["redis", "service", "prefix", "window", "interval", "once", "json"]) {
      expect(HELP).toContain(`--${option}`);
    }
  });

  it.each([
    ["top", "where is the fleet? Give --redis redis://host:6379"],
    ["top --redis localhost:6379", "--redis takes a URL such as redis://host:6379/0"],
    ["top --redis redis://h --window 2m", "--window is one of 10s, 1m, 5m, 1h, total"],
    ["top --redis redis://h --interval 5", "--interval is a number of ms from 100 to 60000"],
    ["top --redis redis://h --interval x", "--interval is a number of ms from 100 to 60000"],
    ["bottom", 'there is no command "bottom"; try auspex top'],
    ["top top --redis redis://h", '"top" is one argument too many'],
    ["top --colour", "Unknown option '--colour'"],
    ["top --redis", "Option '--redis <value>' argument missing"],
  ])("that cannot be understood is answered in one line: %s", (line, fault) => {
    expect(of(line)).toEqual({ run: "fault", fault });
  });
});
