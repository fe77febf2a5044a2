import { defineConfig } from "tsup";

// The declarations alone: scripts/build.mjs builds the code.
export default defineConfig({
  entry: {
    index: "src/index.ts",
    express: "src/integrations/express/index.ts",
    fastify: "src/integrations/fastify/index.ts",
    http: "src/integrations/http/index.ts",
    decorators: "src/integrations/decorators.ts",
    histogram: "src/histogram/index.ts",
    "exporters/prometheus": "src/exporters/prometheus/index.ts",
    "exporters/console": "src/exporters/console.ts",
    "exporters/memory": "src/exporters/memory.ts",
    "exporters/otlp": "src/exporters/otlp/index.ts",
    "exporters/statsd": "src/exporters/statsd/index.ts",
    "exporters/redis": "src/exporters/redis/index.ts",
    fleet: "src/fleet/index.ts",
    detectors: "src/detectors/index.ts",
    baselines: "src/baselines/index.ts",
    slo: "src/slo/index.ts",
    alerts: "src/alerts/index.ts",
    agents: "src/integrations/agents/index.ts",
    state: "src/state/index.ts",
    testing: "src/testing/index.ts",
    cli: "src/cli/main.ts",
  },
  tsconfig: "tsconfig.build.json",
  format: ["esm", "cjs"],
  dts: { only: true },
  clean: true,
});
