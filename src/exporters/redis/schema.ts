/**
 * What lies in Redis: the one description that the exporter, the roll-ups and the fleet reader share.
 *
 * Everything below `<prefix>:1:`; the number is the version of this schema. Each key has exactly one hash
 * tag and a TTL. Hashes are binary-safe maps of field → payload and carry the field `MARKER`, so that a
 * hash of somebody else is told from one of ours.
 *
 * | key | what |
 * | --- | --- |
 * | `{services}` | hash: service → epoch ms it was last seen |
 * | `{service}:processes` | hash: process id → `ProcessRecord` as JSON |
 * | `{service/process}:raw:<start>` | hash: series id → what that process added in one window |
 * | `{service/process}:series` | hash: series id → `SeriesDescriptor` as JSON |
 * | `{service/process}:total` | hash: `totalField` → all since the series began in that process, until … |
 * | `{service/process}:exemplars` | hash: series id → its newest exemplars as JSON |
 * | `{service}:metrics:<category>:<step>:<start>` | hash: `rollupField` → all processes of the service, merged |
 * | `{service}:metrics:<category>:<name>:current` | hash: figures of the newest step, as decimal text |
 * | `{service}:series` | hash: series id → `SeriesDescriptor` as JSON, of all that the roll-ups hold |
 * | `{service}:rollups` | hash: how far roll-ups have come, what is owed, what is kept: see `RollupState` |
 * | `{service}:gone` | hash: series id → totals of all that are long gone: see `readGone` |
 * | `{service}:lease:<name>` | hash: owner, token, until |
 * | `{service}:state:<key>` | string |
 */
export { Keys, MARKER, MARKER_VALUE, segment } from "./keys.js";
export {
  decodeGauge,
  decodeHistogram,
  decodeNumber,
  decodeTotal,
  encodeGauge,
  encodeHistogram,
  encodeNumber,
  encodeTotal,
  type GaugeWindow,
  type Total,
} from "./payload.js";
export { type ProcessRecord, parseProcess } from "./process-record.js";
export {
  DEFAULT_RETENTION,
  type ResolvedRetention,
  type Retention,
  type RetentionTier,
  tiersOf,
} from "./retention.js";
export {
  parseDescriptor,
  type SeriesDescriptor,
  seriesId,
  totalSeries,
} from "./series.js";
