export type { HttpOptions } from "../http/options.js";
export { type ExpressApplication, expressMiddleware, monitorExpress } from "./monitor.js";
export { type ExpressHandler, unmonitored } from "./unmonitored.js";
