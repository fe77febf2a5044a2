import type { AttributesData } from "./model.js";

/** What produces the metrics. @see OpenTelemetry semantic conventions, resource */
export interface Resource {
  readonly attributes: AttributesData;
}

export interface ServiceName {
  readonly name: string;
  readonly version?: string;
  readonly namespace?: string;
  readonly instanceId?: string;
}

/**
 * The resource of this process: options before `OTEL_SERVICE_NAME` before `OTEL_RESOURCE_ATTRIBUTES`
 * before what was detected.
 *
 * @param environment - `process.env`, usually
 * @param detected - what `detectResource()` found
 */
export function resourceOf(
  service: string | ServiceName | undefined,
  attributes: AttributesData,
  environment: Readonly<Record<string, string | undefined>>,
  detected: AttributesData = {},
): Resource {
  const given = typeof service === "string" ? { name: service } : service;
  const fromEnvironment = parseResourceAttributes(environment.OTEL_RESOURCE_ATTRIBUTES ?? "");
  const name =
    given?.name ||
    attributes["service.name"] ||
    environment.OTEL_SERVICE_NAME ||
    fromEnvironment["service.name"] ||
    detected["service.name"] ||
    "unknown_service:node";
  const merged: Record<string, string | number | boolean> = {
    ...detected,
    ...fromEnvironment,
    ...attributes,
    "service.name": name,
  };
  if (given?.version !== undefined) merged["service.version"] = given.version;
  if (given?.namespace !== undefined) merged["service.namespace"] = given.namespace;
  if (given?.instanceId !== undefined) merged["service.instance.id"] = given.instanceId;
  return Object.freeze({ attributes: Object.freeze(merged) });
}

/** `a=1,b=%20x`: keys and percent-encoded values; malformed pairs are passed over. */
function parseResourceAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const pair of text.split(",")) {
    const at = pair.indexOf("=");
    const key = pair.slice(0, at).trim();
    if (at < 1 || key === "" || key === "__proto__") continue;
    try {
      attributes[key] = decodeURIComponent(pair.slice(at + 1).trim());
    } catch {
      // Not percent-encoding: the specification says to discard it.
    }
  }
  return attributes;
}
