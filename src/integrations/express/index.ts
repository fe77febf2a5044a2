export { type ExpressApplication, expressMiddleware, monitorExpress } from "./monitor.js";
