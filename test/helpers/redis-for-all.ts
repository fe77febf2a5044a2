import { afterAll, beforeAll } from "vitest";
import { RedisServer } from "./redis.js";

/**
 * One server for all tests of a file or of a `describe`: it runs from before the first one to after the
 * last. Hooks that stand below the call find it running.
 */
export function redisForAll(): RedisServer {
  const server = new RedisServer();
  beforeAll(() => server.boot());
  afterAll(() => server.stop());
  return server;
}
