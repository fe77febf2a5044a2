// The same decorator under `experimentalDecorators`, as NestJS and older code have it.
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

const auspex = createAuspex({ service: "warehouse" });
const warehouse = Warehouse.open();
for (const item of ["bolt", "nut", "screw"]) await warehouse.reserve(item);
warehouse.count();

for (const { name, traffic } of auspex.snapshot("1m").operations) {
  console.log(`${name}: ${traffic.count} calls`);
}
