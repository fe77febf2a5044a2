/** What a dependency is, hence which instrument its operations are recorded in. */
export type DependencyKind = "db" | "messaging" | "rpc" | "other";

export interface System {
  readonly kind: DependencyKind;
  /** `db.system.name`, `messaging.system.name` or `rpc.system.name`; undefined when it is not known. */
  readonly system: string | undefined;
}

/** Names as developers write them → as the semantic conventions do, where the two differ. */
const KNOWN: Readonly<Record<Exclude<DependencyKind, "other">, Readonly<Record<string, string>>>> =
  {
    db: {
      cassandra: "",
      clickhouse: "",
      cockroachdb: "",
      cosmosdb: "azure.cosmosdb",
      couchbase: "",
      couchdb: "",
      db2: "ibm.db2",
      dynamo: "aws.dynamodb",
      dynamodb: "aws.dynamodb",
      elastic: "elasticsearch",
      elasticsearch: "",
      influxdb: "",
      mariadb: "",
      memcached: "",
      mongo: "mongodb",
      mongodb: "",
      mssql: "microsoft.sql_server",
      mysql: "",
      neo4j: "",
      opensearch: "",
      oracle: "oracle.db",
      pg: "postgresql",
      postgres: "postgresql",
      postgresql: "",
      redis: "",
      redshift: "aws.redshift",
      spanner: "gcp.spanner",
      sqlite: "",
      sqlserver: "microsoft.sql_server",
      trino: "",
      valkey: "",
    },
    messaging: {
      activemq: "",
      amqp: "rabbitmq",
      bull: "bullmq",
      bullmq: "",
      eventhubs: "azure.eventhubs",
      kafka: "",
      mqtt: "",
      nats: "",
      pubsub: "gcp.pubsub",
      pulsar: "",
      rabbitmq: "",
      rocketmq: "",
      servicebus: "azure.servicebus",
      sns: "aws.sns",
      sqs: "aws.sqs",
    },
    rpc: { connectrpc: "", dubbo: "", grpc: "", jsonrpc: "" },
  };

const BY_NAME = new Map<string, System>(
  Object.entries(KNOWN).flatMap(([kind, names]) =>
    Object.entries(names).map(([name, system]): [string, System] => [
      name,
      { kind: kind as DependencyKind, system: system || name },
    ]),
  ),
);

const UNKNOWN: System = { kind: "other", system: undefined };

/** What a name says: `postgres`, `orders-postgres` and `Redis cache` are known, `stripe` is not. */
export function systemOf(name: string): System {
  for (const word of name.toLowerCase().split(/[^a-z0-9]+/)) {
    const known = BY_NAME.get(word);
    if (known !== undefined) return known;
  }
  return UNKNOWN;
}

export function isKind(given: unknown): given is DependencyKind {
  return given === "db" || given === "messaging" || given === "rpc" || given === "other";
}
