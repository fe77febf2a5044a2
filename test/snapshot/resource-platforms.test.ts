import { describe, expect, it } from "vitest";
import { detectResource } from "../../src/snapshot/detect-resource.js";
import type { ResourceSources } from "../../src/snapshot/resource-sources.js";
import { sourcesOf, type World } from "./fake-resource-sources.js";

/** What a world adds to a plain machine. */
function added(world: World, others: Partial<ResourceSources> = {}): Record<string, unknown> {
  const plain = detectResource(sourcesOf());
  return Object.fromEntries(
    Object.entries(detectResource(sourcesOf(world, others))).filter(([name]) => !(name in plain)),
  );
}

const KUBERNETES = { KUBERNETES_SERVICE_HOST: "10.96.0.1" };
const NAMESPACE = { "/var/run/secrets/kubernetes.io/serviceaccount/namespace": "shop\n" };

describe("in Kubernetes", () => {
  it("the pod is known by its host name and the namespace of its service account", () => {
    const env = { ...KUBERNETES, HOSTNAME: "checkout-5d4f8c7b96-x2v7q" };
    expect(added({ env, files: NAMESPACE })).toEqual({
      "k8s.pod.name": "checkout-5d4f8c7b96-x2v7q",
      "k8s.namespace.name": "shop",
      "k8s.deployment.name": "checkout",
    });
    expect(added({ env: KUBERNETES }, { hostname: () => "worker-0" })).toEqual({
      "k8s.pod.name": "worker-0",
    });
  });

  it("what the manifest passes on comes first", () => {
    const env = {
      ...KUBERNETES,
      HOSTNAME: "other",
      POD_NAME: "checkout-0",
      POD_NAMESPACE: "live",
      NODE_NAME: "node-7",
      K8S_DEPLOYMENT_NAME: "checkout",
    };
    expect(added({ env, files: NAMESPACE })).toEqual({
      "k8s.pod.name": "checkout-0",
      "k8s.namespace.name": "live",
      "k8s.node.name": "node-7",
      "k8s.deployment.name": "checkout",
    });
  });

  it("the name of a node is not taken for that of the pod on its network", () => {
    const files = {
      "/etc/hosts": "# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n",
    };
    expect(added({ env: { ...KUBERNETES, HOSTNAME: "node-7" }, files })).toEqual({});
    files["/etc/hosts"] = "# Kubernetes-managed hosts file.\n127.0.0.1 localhost\n";
    expect(added({ env: { ...KUBERNETES, HOSTNAME: "pod-1" }, files })).toEqual({
      "k8s.pod.name": "pod-1",
    });
  });

  it("a deployment is derived from the name of its pods only", () => {
    const deploymentOf = (HOSTNAME: string) =>
      added({ env: { ...KUBERNETES, HOSTNAME } })["k8s.deployment.name"];
    expect(deploymentOf("my-api-v2-6bd9c7f8d4-zw5kx")).toBe("my-api-v2");
    expect(deploymentOf("db-0")).toBeUndefined(); // a StatefulSet
    expect(deploymentOf("agent-x2v7q")).toBeUndefined(); // a DaemonSet, a Job
    expect(deploymentOf("nightly-29456789-x2v7q")).toBeUndefined(); // a CronJob
    expect(deploymentOf("checkout-5d4f8c7b96-hello")).toBeUndefined(); // e and o are never drawn
    expect(deploymentOf(`${"-".repeat(100_000)}x`)).toBeUndefined();
  });

  it("nothing is said outside of a cluster", () => {
    const env = { POD_NAME: "checkout-0", NODE_NAME: "node-7", HOSTNAME: "laptop" };
    expect(added({ env, files: NAMESPACE })).toEqual({});
  });
});

describe("in a cloud", () => {
  const cases: readonly (readonly [string, Record<string, string>, Record<string, unknown>])[] = [
    [
      "AWS Lambda",
      {
        AWS_LAMBDA_FUNCTION_NAME: "resize",
        AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512",
        AWS_LAMBDA_LOG_STREAM_NAME: "2026/11/01/[$LATEST]abc",
        AWS_REGION: "eu-west-1",
      },
      {
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.region": "eu-west-1",
        "service.name": "resize",
        "faas.name": "resize",
        "faas.version": "$LATEST",
        "faas.instance": "2026/11/01/[$LATEST]abc",
        "faas.max_memory": 512 * 2 ** 20,
      },
    ],
    [
      "AWS ECS",
      { ECS_CONTAINER_METADATA_URI_V4: "http://169.254.170.2/v4/1", AWS_REGION: "us-east-1" },
      { "cloud.provider": "aws", "cloud.platform": "aws_ecs", "cloud.region": "us-east-1" },
    ],
    [
      "AWS EKS",
      { AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/secrets/eks.amazonaws.com/serviceaccount/token" },
      { "cloud.provider": "aws", "cloud.platform": "aws_eks" },
    ],
    [
      "Google Cloud Run",
      { K_SERVICE: "shop", K_REVISION: "shop-00007", K_CONFIGURATION: "shop" },
      {
        "cloud.provider": "gcp",
        "cloud.platform": "gcp_cloud_run",
        "service.name": "shop",
        "faas.name": "shop",
        "faas.version": "shop-00007",
      },
    ],
    [
      "a Google Cloud Run job",
      { CLOUD_RUN_JOB: "import", CLOUD_RUN_EXECUTION: "import-abc" },
      {
        "cloud.provider": "gcp",
        "cloud.platform": "gcp_cloud_run",
        "service.name": "import",
        "faas.name": "import",
        "faas.instance": "import-abc",
      },
    ],
    [
      "Google Cloud Functions",
      { K_SERVICE: "hook", K_REVISION: "3", K_CONFIGURATION: "hook", FUNCTION_TARGET: "main" },
      {
        "cloud.provider": "gcp",
        "cloud.platform": "gcp_cloud_functions",
        "service.name": "hook",
        "faas.name": "hook",
        "faas.version": "3",
      },
    ],
    [
      "Google App Engine",
      { GAE_SERVICE: "default", GAE_VERSION: "v1", GAE_INSTANCE: "00c61b" },
      {
        "cloud.provider": "gcp",
        "cloud.platform": "gcp_app_engine",
        "service.name": "default",
        "faas.name": "default",
        "faas.version": "v1",
        "faas.instance": "00c61b",
      },
    ],
    [
      "Azure Functions",
      {
        WEBSITE_SITE_NAME: "hooks",
        WEBSITE_INSTANCE_ID: "4f2a",
        FUNCTIONS_WORKER_RUNTIME: "node",
        REGION_NAME: "West Europe",
        WEBSITE_MEMORY_LIMIT_MB: "none",
      },
      {
        "cloud.provider": "azure",
        "cloud.platform": "azure.functions",
        "cloud.region": "West Europe",
        "service.name": "hooks",
        "faas.name": "hooks",
        "faas.instance": "4f2a",
      },
    ],
    [
      "Azure App Service",
      { WEBSITE_SITE_NAME: "shop", WEBSITE_INSTANCE_ID: "4f2a", REGION_NAME: "West Europe" },
      {
        "cloud.provider": "azure",
        "cloud.platform": "azure.app_service",
        "cloud.region": "West Europe",
        "service.name": "shop",
      },
    ],
    [
      "Azure Container Apps",
      { CONTAINER_APP_NAME: "shop", CONTAINER_APP_REVISION: "shop--1" },
      {
        "cloud.provider": "azure",
        "cloud.platform": "azure.container_apps",
        "service.name": "shop",
      },
    ],
    [
      "Heroku",
      { DYNO: "web.1", HEROKU_APP_NAME: "shop", HEROKU_RELEASE_VERSION: "v42" },
      { "cloud.provider": "heroku", "service.name": "shop", "service.version": "v42" },
    ],
    [
      "Fly.io",
      { FLY_APP_NAME: "shop", FLY_REGION: "ams" },
      { "cloud.provider": "fly_io", "cloud.region": "ams", "service.name": "shop" },
    ],
    [
      "Render",
      { RENDER: "true", RENDER_SERVICE_NAME: "shop" },
      { "cloud.provider": "render", "service.name": "shop" },
    ],
    [
      "Railway",
      { RAILWAY_SERVICE_NAME: "shop", RAILWAY_PROJECT_ID: "1" },
      { "cloud.provider": "railway", "service.name": "shop" },
    ],
    [
      "Vercel",
      { VERCEL: "1", VERCEL_REGION: "fra1" },
      { "cloud.provider": "vercel", "cloud.region": "fra1" },
    ],
  ];

  for (const [name, env, expected] of cases) {
    it(`${name} is known by its variables`, () => {
      expect(added({ env })).toEqual(expected);
    });
  }

  it("Knative in a cluster is not taken for Cloud Run", () => {
    const env = { ...KUBERNETES, K_SERVICE: "shop", K_REVISION: "1", K_CONFIGURATION: "shop" };
    expect(added({ env })).toEqual({ "k8s.pod.name": "box" });
  });

  it("a region somebody exported on a laptop is no cloud, and neither is an empty variable", () => {
    expect(added({ env: { AWS_REGION: "eu-west-1", DYNO: "x", FLY_APP_NAME: "" } })).toEqual({});
  });
});
