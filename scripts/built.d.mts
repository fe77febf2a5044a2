/** Builds dist/ if it is missing or older than the sources. @throws Error when the build fails */
export function ensureBuilt(): void;
