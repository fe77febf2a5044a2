/**
 * The shapes of OpenTelemetry JS's metrics SDK that cross its border, by structure: 2.x and 3.x have the
 * same, and whoever uses neither needs neither.
 * @see @opentelemetry/sdk-metrics, PushMetricExporter, MetricProducer, ResourceMetrics
 */
import type { AttributesData } from "../../snapshot/batch.js";
import type { HrTime } from "./unix-nanos.js";

/** Of the enumeration AggregationTemporality. */
export const OTEL_TEMPORALITY = { delta: 0, cumulative: 1 } as const;
/** Of the enumeration DataPointType. */
export const DATA_POINT = { histogram: 0, exponential: 1, gauge: 2, sum: 3 } as const;
/** Of the enumeration AggregationType. */
export const AGGREGATION = { drop: 1, explicit: 4, exponential: 5 } as const;
/** Of the enumeration ValueType: all our numbers are doubles, so that a series never changes its type. */
const DOUBLE = 1;

export type OtelInstrument = "HISTOGRAM" | "COUNTER" | "UP_DOWN_COUNTER" | "GAUGE";

export interface OtelDescriptor {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly type: OtelInstrument;
  readonly valueType: typeof DOUBLE;
}

export function descriptorOf(
  { name, description, unit }: Pick<OtelDescriptor, "name" | "description" | "unit">,
  type: OtelInstrument,
): OtelDescriptor {
  return { name, description, unit, type, valueType: DOUBLE };
}

export interface OtelPoint<T> {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: AttributesData;
  readonly value: T;
}

export interface OtelHistogram {
  readonly buckets: { boundaries: number[]; counts: number[] };
  readonly count: number;
  readonly sum: number;
  readonly min?: number;
  readonly max?: number;
}

export interface OtelExponentialHistogram {
  readonly count: number;
  readonly sum: number;
  readonly min?: number;
  readonly max?: number;
  readonly scale: number;
  readonly zeroCount: number;
  readonly positive: { offset: number; bucketCounts: number[] };
  readonly negative: { offset: number; bucketCounts: number[] };
}

interface OtelMetricBase {
  readonly descriptor: OtelDescriptor;
  readonly aggregationTemporality: 0 | 1;
}

export type OtelMetric = OtelMetricBase &
  (
    | {
        readonly dataPointType: typeof DATA_POINT.sum;
        readonly isMonotonic: boolean;
        readonly dataPoints: OtelPoint<number>[];
      }
    | {
        readonly dataPointType: typeof DATA_POINT.gauge;
        readonly dataPoints: OtelPoint<number>[];
      }
    | {
        readonly dataPointType: typeof DATA_POINT.histogram;
        readonly dataPoints: OtelPoint<OtelHistogram>[];
      }
    | {
        readonly dataPointType: typeof DATA_POINT.exponential;
        readonly dataPoints: OtelPoint<OtelExponentialHistogram>[];
      }
  );

type RawAttribute = [string, string | number | boolean | undefined];

/** What exporters touch of a resource; it is settled from the start. */
export interface OtelResource {
  readonly attributes: AttributesData;
  readonly asyncAttributesPending: boolean;
  waitForAsyncAttributes(): Promise<void>;
  merge(other: OtelResource | null): OtelResource;
  getRawAttributes(): RawAttribute[];
}

export function otelResource(attributes: AttributesData): OtelResource {
  return {
    attributes,
    asyncAttributesPending: false,
    async waitForAsyncAttributes() {},
    merge: (other) => otelResource({ ...attributes, ...other?.attributes }),
    getRawAttributes: () => Object.entries(attributes),
  };
}

export interface OtelResourceMetrics {
  readonly resource: OtelResource;
  scopeMetrics: {
    scope: { readonly name: string; readonly version: string };
    metrics: OtelMetric[];
  }[];
}

export interface OtelExportResult {
  /** 0 is success. */
  readonly code: number;
  readonly error?: Error;
}

/** A `PushMetricExporter`, as far as it is used. */
export interface OtelPushExporter {
  export(metrics: OtelResourceMetrics, done: (result: OtelExportResult) => void): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
  selectAggregationTemporality?(instrument: never): number;
  selectAggregation?(instrument: never): { readonly type: number; readonly options?: object };
}

/** A `MetricProducer`. */
export interface OtelMetricProducer {
  collect(): Promise<{ resourceMetrics: OtelResourceMetrics; errors: unknown[] }>;
}
