import type { FastifyInstance } from "fastify";
import { type Auspex, createAuspex } from "../../auspex.js";
import type { AuspexOptions } from "../../options.js";
import { type FastifyAuspexOwnOptions, splitOptions } from "./options.js";
import { watchFastify } from "./watch.js";

declare module "fastify" {
  interface FastifyInstance {
    /** The monitor of this app, from the plugin `fastifyAuspex`. */
    auspex: Auspex;
  }
  interface FastifyContextConfig {
    /** `false`: requests of this route are not recorded. */
    auspex?: false;
  }
}

export type { HttpOptions } from "../http/options.js";

/** `auspex`, `metrics` and `http`; or, instead of `auspex`, the options of `createAuspex`. */
export type FastifyAuspexOptions = FastifyAuspexOwnOptions<Auspex> & AuspexOptions;

/**
 * Fastify plugin (5 and later): records every request by its route template, `app.inject()` included,
 * and puts the monitor at `app.auspex`.
 *
 * Register it first, and wait: `await app.register(fastifyAuspex, { service: "shop" })`. Adds one
 * small object and no hook to a request of a route without hooks.
 * @throws OptionsError, TypeError through `register`, when options do not fit
 */
export async function fastifyAuspex(
  app: FastifyInstance,
  options: FastifyAuspexOptions = {},
): Promise<void> {
  const { auspex, metrics, http, rest } = splitOptions({ ...options });
  const monitor = auspex ?? createAuspex(rest);
  app.decorate("auspex", monitor);
  if (auspex === undefined) {
    app.addHook("onClose", async () => {
      await monitor.shutdown();
    });
  }
  watchFastify(app, monitor, http);
  if (metrics === undefined) return;
  app.get(metrics, (request, reply) => {
    reply.hijack();
    monitor.metrics(request, reply);
  });
}

// What `fastify-plugin` would set: no encapsulation, a name, and the versions it is for.
Object.assign(fastifyAuspex, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "auspex",
  [Symbol.for("plugin-meta")]: { name: "auspex", fastify: ">=5" },
});
