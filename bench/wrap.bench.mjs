// What a wrapper or decorator adds to an async function that answers at once.
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { added, sink } from "./lib/timing.mjs";

/** Two loops with code of their own: one loop would inline one callee and call the other. */
function loops(bare, wrapped) {
  const loop = new Function(
    "call",
    "sink",
    `return async (times) => {
      let sum = 0;
      for (let i = 0; i < times; i++) sum += await call(i);
      sink.number += sum;
    };`,
  );
  return [loop(bare, sink), loop(wrapped, sink)];
}

const instant = async (value) => value;

await scenario({
  async auspex() {
    const { createAuspex, monitored } = await library();
    const auspex = createAuspex({ service: "bench", saturation: false });
    class Cards {
      async charge(value) {
        return value;
      }
      async chargeMonitored(value) {
        return value;
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Cards.prototype, "chargeMonitored");
    const decorated = monitored("charge card")(Cards.prototype, "chargeMonitored", descriptor);
    Object.defineProperty(Cards.prototype, "chargeMonitored", decorated);
    const cards = new Cards();
    return {
      wrapper: await added(
        ...loops(
          instant,
          auspex.wrap("instant", async (value) => value),
        ),
      ),
      decorator: await added(
        ...loops(
          (value) => cards.charge(value),
          (value) => cards.chargeMonitored(value),
        ),
      ),
    };
  },

  async "prom-client"() {
    const { promHistogram } = await import("./lib/rivals.mjs");
    const histogram = promHistogram(["operation", "outcome"]);
    const wrapped = async (value) => {
      const end = histogram.startTimer({ operation: "instant" });
      try {
        const result = await instant(value);
        end({ outcome: "ok" });
        return result;
      } catch (error) {
        end({ outcome: "error" });
        throw error;
      }
    };
    return { wrapper: await added(...loops(instant, wrapped)) };
  },

  async "OpenTelemetry span"() {
    const { BasicTracerProvider, BatchSpanProcessor } = await import(
      "@opentelemetry/sdk-trace-base"
    );
    const exporter = {
      export: (_spans, done) => done({ code: 0 }),
      shutdown: async () => {},
    };
    const provider = new BasicTracerProvider({
      spanProcessors: [new BatchSpanProcessor(exporter)],
    });
    const tracer = provider.getTracer("bench");
    const wrapped = (value) =>
      tracer.startActiveSpan("instant", async (span) => {
        try {
          return await instant(value);
        } finally {
          span.end();
        }
      });
    return { wrapper: await added(...loops(instant, wrapped)) };
  },

  async autometrics() {
    const { autometrics } = await import("@autometrics/autometrics");
    const wrapped = autometrics(async function instantly(value) {
      return value;
    });
    return { wrapper: await added(...loops(instant, wrapped), { warmUp: 5000, quads: 60 }) };
  },
});
