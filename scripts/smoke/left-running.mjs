// A monitor that nobody shuts down must not keep the process alive.
import { createAuspex } from "auspex";

const auspex = createAuspex({ service: "smoke" });
const op = auspex.operation("x");
op.end(op.start());
console.log("ready");
