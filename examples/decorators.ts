// Decorators as TypeScript 5 and the TC39 proposal have them. See legacy-decorators/ for the others.
import { createAuspex, monitored } from "auspex";

class Warehouse {
  @monitored
  async reserve(item: string): Promise<string> {
    return `${item} reserved`;
  }

  @monitored("count stock", { attributes: { shelf: "A" } })
  count(): number {
    return 42;
  }

  @monitored
  static open(): Warehouse {
    return new Warehouse();
  }
}

// Decorated before there is a monitor: it records as soon as one exists.
const auspex = createAuspex({ service: "warehouse" });
const warehouse = Warehouse.open();
for (const item of ["bolt", "nut", "screw"]) await warehouse.reserve(item);
warehouse.count();

for (const { name, traffic } of auspex.snapshot("1m").operations) {
  console.log(`${name}: ${traffic.count} calls`);
}
