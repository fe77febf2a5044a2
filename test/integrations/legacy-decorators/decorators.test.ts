import { describe, expect, it } from "vitest";
import { monitored } from "../../../src/index.js";
import { manualMonitor, operationNamed } from "../../helpers/monitor.js";

describe("@monitored as a legacy decorator", () => {
  it("records instance and static methods, plain and with options", async () => {
    const { auspex } = manualMonitor();
    class Shop {
      stock = 2;

      @monitored
      async buy(count: number): Promise<number> {
        this.stock -= count;
        return this.stock;
      }

      @monitored("open the shop", { attributes: { tier: "gold" } })
      static open(): boolean {
        throw new TypeError("closed");
      }
    }
    expect(await new Shop().buy(1)).toBe(1);
    expect(() => Shop.open()).toThrow("closed");
    expect(Shop.prototype.buy.name).toBe("buy");
    expect(operationNamed(auspex, "Shop.buy").traffic.count).toBe(1);
    const opened = operationNamed(auspex, "open the shop");
    expect(opened.errors.byType).toEqual({ TypeError: 1 });
    expect(opened.attributes).toEqual({ tier: "gold" });
  });
});
