import { SDK_VERSION } from "../../snapshot/sdk-version.js";

/** Instrumentation scope of everything the library exports. */
export const SCOPE = { name: "auspex", version: SDK_VERSION } as const;
