import type { MetricBatch } from "../../snapshot/batch.js";
import type { DistributionOptions } from "./distribution.js";
import { JsonEncoder } from "./encode-json.js";
import { ProtobufEncoder } from "./encode-protobuf.js";

export interface EncodeOptions extends DistributionOptions {
  /** @default "http/protobuf" */
  readonly protocol?: "http/protobuf" | "http/json";
}

/** Turns a batch into the body of an OTLP request. Pure, but for what it remembers of attributes. */
export type Encode = (batch: MetricBatch) => Uint8Array;

/**
 * The encoding of `otlp()` alone, for whoever brings the bytes along himself: into a file, a queue.
 * Keep the function: it remembers what series have in common from batch to batch.
 */
export function otlpEncoder({ protocol, ...options }: EncodeOptions = {}): Encode {
  const Encoder = protocol === "http/json" ? JsonEncoder : ProtobufEncoder;
  const encoder = new Encoder(options);
  return (batch) => {
    const steps = encoder.encode(batch);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  };
}
