// What an application that bundles its server pays for: gzipped, node: built-ins left out.
const node = (config) => ({ ...config, platform: "node", format: "esm" });

export default [
  {
    name: "core",
    path: "dist/index.js",
    limit: "92 kB",
    gzip: true,
    modifyEsbuildConfig: node,
  },
  {
    name: "histogram alone",
    path: "dist/histogram.js",
    limit: "12 kB",
    gzip: true,
    modifyEsbuildConfig: node,
  },
];
