import { type Environment, type Found, firstOf } from "./resource-sources.js";

/** A place to run, known by the variables it sets. */
interface Platform {
  readonly isHere: (env: Environment) => boolean;
  readonly provider: string;
  /** `cloud.platform`, where the conventions have a name for it. */
  readonly platform?: string;
  /** Attributes by the variable that holds them. */
  readonly from: Readonly<Record<string, string>>;
}

const has =
  (...names: readonly string[]) =>
  (env: Environment) =>
    names.every((name) => firstOf(env, name) !== undefined);

/** Knative sets the same variables as Cloud Run, in a cluster. */
const isServerless = (env: Environment) => !has("KUBERNETES_SERVICE_HOST")(env);

const isEks = (env: Environment) =>
  ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"].some((name) =>
    env[name]?.includes("eks.amazonaws.com"),
  );

/** The first that fits; a more special one stands before what it is built on. */
const platforms: readonly Platform[] = [
  {
    isHere: has("AWS_LAMBDA_FUNCTION_NAME"),
    provider: "aws",
    platform: "aws_lambda",
    from: {
      "service.name": "AWS_LAMBDA_FUNCTION_NAME",
      "cloud.region": "AWS_REGION",
      "faas.name": "AWS_LAMBDA_FUNCTION_NAME",
      "faas.version": "AWS_LAMBDA_FUNCTION_VERSION",
      "faas.instance": "AWS_LAMBDA_LOG_STREAM_NAME",
      "faas.max_memory": "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    },
  },
  {
    isHere: (env) =>
      firstOf(env, "ECS_CONTAINER_METADATA_URI_V4", "ECS_CONTAINER_METADATA_URI") !== undefined,
    provider: "aws",
    platform: "aws_ecs",
    from: { "cloud.region": "AWS_REGION" },
  },
  { isHere: isEks, provider: "aws", platform: "aws_eks", from: { "cloud.region": "AWS_REGION" } },
  {
    isHere: (env) => has("K_SERVICE", "FUNCTION_TARGET")(env) && isServerless(env),
    provider: "gcp",
    platform: "gcp_cloud_functions",
    from: { "service.name": "K_SERVICE", "faas.name": "K_SERVICE", "faas.version": "K_REVISION" },
  },
  {
    isHere: (env) => has("K_SERVICE", "K_CONFIGURATION")(env) && isServerless(env),
    provider: "gcp",
    platform: "gcp_cloud_run",
    from: { "service.name": "K_SERVICE", "faas.name": "K_SERVICE", "faas.version": "K_REVISION" },
  },
  {
    isHere: has("CLOUD_RUN_JOB"),
    provider: "gcp",
    platform: "gcp_cloud_run",
    from: {
      "service.name": "CLOUD_RUN_JOB",
      "faas.name": "CLOUD_RUN_JOB",
      "faas.instance": "CLOUD_RUN_EXECUTION",
    },
  },
  {
    isHere: has("GAE_SERVICE"),
    provider: "gcp",
    platform: "gcp_app_engine",
    from: {
      "service.name": "GAE_SERVICE",
      "faas.name": "GAE_SERVICE",
      "faas.version": "GAE_VERSION",
      "faas.instance": "GAE_INSTANCE",
    },
  },
  {
    isHere: has("WEBSITE_SITE_NAME", "FUNCTIONS_WORKER_RUNTIME"),
    provider: "azure",
    platform: "azure.functions",
    from: {
      "service.name": "WEBSITE_SITE_NAME",
      "cloud.region": "REGION_NAME",
      "faas.name": "WEBSITE_SITE_NAME",
      "faas.instance": "WEBSITE_INSTANCE_ID",
      "faas.max_memory": "WEBSITE_MEMORY_LIMIT_MB",
    },
  },
  {
    isHere: has("WEBSITE_SITE_NAME", "WEBSITE_INSTANCE_ID"),
    provider: "azure",
    platform: "azure.app_service",
    from: { "service.name": "WEBSITE_SITE_NAME", "cloud.region": "REGION_NAME" },
  },
  {
    isHere: has("CONTAINER_APP_NAME", "CONTAINER_APP_REVISION"),
    provider: "azure",
    platform: "azure.container_apps",
    from: { "service.name": "CONTAINER_APP_NAME" },
  },
  {
    isHere: (env) => /^[a-z][a-z0-9_-]*\.[0-9]+$/.test(env.DYNO ?? ""),
    provider: "heroku",
    from: {
      "service.name": "HEROKU_APP_NAME",
      "service.version": "HEROKU_RELEASE_VERSION",
      "heroku.app.id": "HEROKU_APP_ID",
    },
  },
  {
    isHere: has("FLY_APP_NAME"),
    provider: "fly_io",
    from: { "service.name": "FLY_APP_NAME", "cloud.region": "FLY_REGION" },
  },
  {
    isHere: has("RENDER", "RENDER_SERVICE_NAME"),
    provider: "render",
    from: { "service.name": "RENDER_SERVICE_NAME" },
  },
  {
    isHere: has("RAILWAY_SERVICE_NAME", "RAILWAY_PROJECT_ID"),
    provider: "railway",
    from: { "service.name": "RAILWAY_SERVICE_NAME", "cloud.region": "RAILWAY_REPLICA_REGION" },
  },
  {
    isHere: has("VERCEL", "VERCEL_REGION"),
    provider: "vercel",
    from: { "cloud.region": "VERCEL_REGION" },
  },
];

/** The cloud this process runs in, by the variables of its environment alone: no metadata service. */
export function cloud(env: Environment): Found {
  const here = platforms.find(({ isHere }) => isHere(env));
  if (here === undefined) return {};
  const found: Record<string, string | number | undefined> = {
    "cloud.provider": here.provider,
    "cloud.platform": here.platform,
  };
  for (const [name, variable] of Object.entries(here.from)) {
    const value = firstOf(env, variable);
    found[name] = name === "faas.max_memory" ? mebibytes(value) : value;
  }
  return found;
}

/** Bytes; undefined where the text is no number above 0. */
function mebibytes(text: string | undefined): number | undefined {
  const value = Number(text);
  return value > 0 && Number.isFinite(value) ? value * 2 ** 20 : undefined;
}
