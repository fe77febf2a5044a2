export { type HttpServerOptions, monitorHttpServer, setRoute } from "./server.js";
