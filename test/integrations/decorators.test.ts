import { describe, expect, it } from "vitest";
import { createAuspex, monitored } from "../../src/index.js";
import { manualMonitor, operationNamed } from "../helpers/monitor.js";

describe("@monitored as a TC39 decorator", () => {
  it("records methods, static and private ones, generators and function fields, by class and name", async () => {
    const { auspex } = manualMonitor();
    class Shop {
      #stock = 2;

      @monitored
      async buy(count: number): Promise<number> {
        return this.#take(count);
      }

      @monitored()
      static open(name: string): string {
        // biome-ignore lint/complexity/noThisInStatic: that `this` is kept is the point
        return `${name} of ${typeof this}`;
      }

      @monitored
      #take(count: number): number {
        if (count > this.#stock) throw new RangeError("sold out");
        this.#stock -= count;
        return this.#stock;
      }

      @monitored
      *shelves(): Generator<number> {
        yield 1;
        yield 2;
      }

      @monitored("close the shop")
      close = (): string => `closed with ${this.#stock}`;
    }
    class Branch extends Shop {}
    const shop = new Branch();
    expect(await shop.buy(1)).toBe(1);
    await expect(shop.buy(5)).rejects.toThrow("sold out");
    expect(Shop.open("a")).toBe("a of function");
    expect([...shop.shelves()]).toEqual([1, 2]);
    expect(shop.close()).toBe("closed with 1");
    expect(Shop.prototype.buy.name).toBe("buy");
    expect(Shop.prototype.buy.length).toBe(1);

    expect(operationNamed(auspex, "Shop.buy")).toMatchObject({
      traffic: { count: 2 },
      errors: { byType: { RangeError: 1 } },
      inFlight: 0,
    });
    expect(operationNamed(auspex, "Shop.open").traffic.count).toBe(1);
    expect(operationNamed(auspex, "Branch.#take").traffic.count).toBe(2);
    expect(operationNamed(auspex, "Shop.shelves").traffic.count).toBe(1);
    expect(operationNamed(auspex, "close the shop").traffic.count).toBe(1);
  });

  it("works once a monitor exists, for functions decorated before", async () => {
    class Early {
      @monitored
      work(): number {
        return 1;
      }
    }
    const early = new Early();
    expect(early.work()).toBe(1);
    const first = createAuspex({ service: "first", saturation: false });
    expect(early.work()).toBe(1);
    const second = createAuspex({ service: "second", saturation: false });
    expect(early.work()).toBe(1);
    expect(operationNamed(first, "Early.work").traffic.count).toBe(2);
    expect(second.snapshot("total").operations).toEqual([]);
    await first.shutdown();
    expect(early.work()).toBe(1);
    expect(operationNamed(second, "Early.work").traffic.count).toBe(1);
    await second.shutdown();
    expect(early.work()).toBe(1);
  });

  it("records with the monitor it is given", () => {
    manualMonitor();
    const { auspex } = manualMonitor();
    class Given {
      @monitored({ auspex, name: "given", attributes: { tier: "gold" } })
      work(): void {}
    }
    new Given().work();
    expect(operationNamed(auspex, "given").attributes).toEqual({ tier: "gold" });
  });

  it("refuses classes, when they are made", () => {
    expect(() => monitored(class {} as never)).toThrow("not classes");
  });

  it("refuses what it cannot measure, when the class is made", () => {
    expect(() => {
      class Wrong {
        // @ts-expect-error a getter's value is no call
        @monitored
        accessor value = 1;
      }
      return Wrong;
    }).toThrow("methods and fields");
  });
});
