import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt } from "../../scripts/built.mjs";
import { RedisServer } from "../helpers/redis.js";
import { compile, root, run } from "./program.js";

/** What each example prints, among other things. */
const expected: Readonly<Record<string, readonly RegExp[]>> = {
  "express.mjs": [
    /^GET \/users\/:user\/orders\/:order: 20 requests, p99 \d+(\.\d+)? ms$/m,
    /^GET \(unmatched\): 1 requests/m,
    /_count\{http_request_method="GET",http_response_status_code="200",http_route="\/users\/:user\/orders\/:order",url_scheme="http"\} 20$/m,
    /_count\{http_request_method="GET",http_response_status_code="404",url_scheme="http"\} 1$/m,
  ],
  "express4-commonjs.cjs": [
    /^GET \/hello\/:name: 2 requests, 0 errors \{\}$/m,
    /^GET \/broken: 1 requests, 1 errors \{ '500': 1 \}$/m,
  ],
  "fastify.mjs": [
    /^GET \/orders\/:id: 20 requests, 0 errors/m,
    /^GET \/broken: 1 requests, 1 errors/m,
    /http_route="\/orders\/:id",url_scheme="http"\} 20$/m,
  ],
  "http.mjs": [/^GET \/files\/:name: 2 requests$/m, /^GET \(unmatched\): 1 requests$/m],
  "middleware.mjs": [/^GET \/orders\/:id: 10 requests, p95 \d+(\.\d+)? ms$/m],
  "wrap.mjs": [
    /^fetch user: 20 calls, p50 \d+(\.\d+)? ms, p99 \d+(\.\d+)? ms \{ RangeError: 1 \}$/m,
    /^charge card: 5 calls, p50 \d+(\.\d+)? ms/m,
  ],
  "agents.mjs": [
    /^editor +task article +8 +0 /m,
    /^researcher +invoke_agent researcher +8 +0 /m,
    /^writer +chat some-model +\d+ +\d+ /m,
    /^tokens 1984, cost 0\.00435 USD$/m,
    /^retries 1, refused 1$/m,
    /^repeated tool calls 8$/m,
  ],
  "detectors.mjs": [
    /^ {2}adaptive: value 1, 0\.\d+: highest in 6\.75 days: 1000 is 3\.1 × the usual range/m,
    /^ {2}lstm: fine, fine, alarm$/m,
    /^ {2}1 of 2: 0\.00 /m,
    /^saved in \d+ bytes, restored: the same$/m,
  ],
  "redis.mjs": [
    /^example:1:\{shop\/<process>\}:raw:<start>: \d+ fields, for \d+ s$/m,
    /^shop: slow charge is firing: p99 is above 90 ms$/m,
    /^all written$/m,
  ],
  "forecast.mjs": [
    /^normal on Tuesdays at 14 h: \d+ to \d+ \(hour of the week\)$/m,
    /^degradation: from .* % to .* % \(\+\d+(\.\d+)? %\), sure to 95 %$/m,
    /^forecast: a weekly season.*; in back-tests it was off by /m,
    /^checked: from 8 origins: 0\.\d+ of the error of repeating the last season/m,
    /^predicted peak within 14 d: .* × today's capacity keeps it at 70 %/m,
  ],
  "fleet-threads.mjs": [
    /5 threads live, all told/,
    /resize: 400 times, p50 96\.255 ms/,
    /4 threads live/,
    /auspex_fleet_members\{state="ended"\} 1/,
  ],
  "fleet-cluster.mjs": [
    /400 values from 1 to 100 ms in 4 workers: p50 50\./,
    /_count\{operation_name="observe"\} 400/,
    /worker 2: timeout/,
  ],
  "fleet-redis.mjs": [
    /^charge card: 303 calls of 3 processes, p50 \d+(\.\d)? ms, p99 \d+(\.\d)? ms$/m,
    /^failed: 3 \{ DECLINED: 3 \}$/m,
    /^orders: 300$/m,
    /^3 processes live; none missing$/m,
  ],
  "workload.mjs": [/dashboard: \{/, /"throughputPerHour": 54/, /insight: converged \(info\)/],
  "redis-channels.mjs": [/4 messages taken, 1 unreadable/],
  "slo-alerts.mjs": [
    /^an hour of calm: 0 notices, 100 % of the budget left$/m,
    /^critical: shop: errors of 2 operations$/m,
    /^probable cause: deploy: checkout 2\.4\.1\n {2}a deploy marker 30 s before/m,
    /^1 firing, 1 resolved$/m,
  ],
  "saturation.mjs": [
    /^nodejs\.eventloop\.utilization: /m,
    /^process\.cpu\.utilization: /m,
    /^process\.memory\.usage: .* By = .* % full$/m,
    /^auspex\.gc\.utilization: /m,
    /^pg\.pool: 0\.700 1 = 70\.0 % full$/m,
    /^queue\.length: 12$/m,
  ],
  "write-your-own-exporter.mjs": [
    /^\{"service":"demo".*"count":100,"p50":0\.050175,"p99":0\.099327,"hdr":"HISTF.*"\}\n\{.*"count":1,.*\}$/m,
  ],
  "console-exporter.mjs": [
    /^ {2}auspex\.operation\.duration +kind=nightly operation\.name=work +n 100 +p50 0\.05017 .* s$/m,
    /error\.type=TypeError/,
    /^ {2}rows +1200 \{row\}$/m,
  ],
  "counters-gauges-histograms.mjs": [
    /^uploads image 100\nuploads video 3\nqueue\.length 0$/m,
    /^upload\.size \{ p50: 501759, p99: 991231, max: 1003519 \}$/m,
  ],
  "prometheus.mjs": [
    /^# TYPE auspex_operation_duration_seconds histogram$/m,
    /^auspex_operation_duration_seconds_bucket\{operation_name="work",le="0\.1"\} 100$/m,
    /^auspex_operation_duration_seconds_count\{operation_name="work"\} 200$/m,
  ],
  "outbound.mjs": [
    /^GET 127\.0\.0\.1\/users\/:id: 20 calls, 0 in flight \{ '404': 1 \}$/m,
    /^GET 127\.0\.0\.1: 2 calls, 0 in flight \{ TimeoutError: 1 \}$/m,
  ],
  "dependencies.mjs": [
    /^shop → postgres \(db\): 11 calls of 3 operations, 1 failed/m,
    /^shop → kafka \(messaging\): 5 calls of 1 operations, 0 failed/m,
    /^shop → 127\.0\.0\.1 \(http\): 1 calls/m,
  ],
  "statsd.mjs": [
    /^_e\{8,9\}:deployed\|version 2\|t:success\|#env:demo$/m,
    /^checkout\.duration:0\.250368\|d\|@0\.25\|#service:shop,env:demo,method:card$/m,
    /^shop\.orders\.country_fr:9\|c$/m,
    /^shop\.stock\.change:0\|g\nshop\.stock\.change:-3\|g$/m,
    /^all sent$/m,
  ],
  "pool-queue-cache.mjs": [
    /^db\.client\.connection\.count: 0, 0 % full$/m,
    /^auspex\.queue\.depth: 5, 25 % full$/m,
    /^auspex\.cache\.size: 3, 3 % full$/m,
    /^auspex\.workers\.busy: 4, 100 % full$/m,
  ],
  "otlp.mjs": [/duration: 200 in 15 buckets$/m, /in 123 buckets at scale 4$/m, /^all sent$/m],
  "opentelemetry.mjs": [
    /^their exporter got auspex\.operation\.duration 100$/m,
    /^their reader got logins 3, auspex\.operation\.duration 100$/m,
  ],
  "pushgateway.mjs": [
    /^PUT \/metrics\/job@base64\/\S+\/instance\/host-a\nrows_total 1200\nDELETE /m,
  ],
  "prometheus-beside-prom-client.mjs": [
    /^orders_total 3$/m,
    /duration_seconds_count\{operation_name="charge card"\} 1$/m,
  ],
  "views.mjs": [
    /^in the process: 50 operations$/m,
    /^shop\.jobs \{"queue":"mail"\} 100$/m,
    /^auspex\.operation\.duration \{"operation\.name":"send mail"\} 50 values$/m,
  ],
  "exemplars.mjs": [
    /^max 90\d ms$/m,
    /^ok 900 ms: trace [0-9a-f]{32}$/m,
    /^error 3 ms: trace [0-9a-f]{32}$/m,
  ],
  "decorators.ts": decorated(),
  "legacy-decorators/decorators.ts": decorated(),
};

function decorated(): readonly RegExp[] {
  return [/^Warehouse\.reserve: 3 calls$/m, /^count stock: 1 calls$/m];
}

let redis: RedisServer;

beforeAll(async () => {
  ensureBuilt();
  redis = await RedisServer.start();
});

afterAll(() => redis.stop());

describe("the examples", () => {
  it("are all run here, but for the demo", () => {
    const files = readdirSync(join(root, "examples"), { recursive: true, encoding: "utf8" });
    const programs = files.filter(
      (file) => /\.([cm]js|ts)$/.test(file) && !file.startsWith("demo"),
    );
    expect(programs.sort()).toEqual(Object.keys(expected).sort());
  });

  for (const [file, patterns] of Object.entries(expected)) {
    it(`${file} prints what it promises and ends by itself`, async () => {
      const path = `examples/${file}`;
      const experimentalDecorators = file.startsWith("legacy");
      const program = file.endsWith(".ts") ? compile(path, { experimentalDecorators }) : path;
      const { code, stdout, stderr } = await run(program, [], { REDIS_URL: redis.url });
      expect(stderr).toBe("");
      expect(code).toBe(0);
      for (const pattern of patterns) expect(stdout).toMatch(pattern);
    });
  }
});
