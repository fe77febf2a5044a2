import { describe, expect, it } from "vitest";
import { resourceOf } from "../../src/snapshot/resource.js";

const detected = { "service.name": "found", "host.name": "box", "cloud.region": "ams" };

describe("the resource", () => {
  it("puts options before OTEL_SERVICE_NAME before OTEL_RESOURCE_ATTRIBUTES before what was detected", () => {
    const both = {
      OTEL_SERVICE_NAME: "named",
      OTEL_RESOURCE_ATTRIBUTES: "service.name=listed,host.name=given",
    };
    const listed = { OTEL_RESOURCE_ATTRIBUTES: both.OTEL_RESOURCE_ATTRIBUTES };
    const name = (...args: Parameters<typeof resourceOf>) =>
      resourceOf(...args).attributes["service.name"];
    expect(name("shop", { "service.name": "attribute" }, both, detected)).toBe("shop");
    expect(name(undefined, { "service.name": "attribute" }, both, detected)).toBe("attribute");
    expect(name(undefined, {}, both, detected)).toBe("named");
    expect(name(undefined, {}, listed, detected)).toBe("listed");
    expect(name(undefined, {}, {}, detected)).toBe("found");
    expect(name(undefined, {}, {})).toBe("unknown_service:node");
    expect(resourceOf("shop", { "cloud.region": "fra" }, both, detected).attributes).toEqual({
      "service.name": "shop",
      "host.name": "given",
      "cloud.region": "fra",
    });
  });

  it("takes the parts of a service one by one", () => {
    const service = { name: "shop", version: "2", namespace: "web", instanceId: "i-1" };
    const random = { "service.instance.id": "random", "service.version": "1" };
    expect(resourceOf(service, {}, {}, random).attributes).toEqual({
      "service.name": "shop",
      "service.version": "2",
      "service.namespace": "web",
      "service.instance.id": "i-1",
    });
    expect(resourceOf({ name: "shop" }, {}, {}, random).attributes).toEqual({
      ...random,
      "service.name": "shop",
    });
  });
});
