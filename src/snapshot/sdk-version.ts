/** The version in package.json, which a test holds it to. */
export const SDK_VERSION = "0.1.0";
