export type { HttpOptions } from "./options.js";
export { type HttpServerOptions, monitorHttpServer, setRoute } from "./server.js";
