import type { MetricStream } from "../../readers/pull.js";
import type { Slices } from "../../time/slices.js";
import { keyOf, type NameClaims } from "./claims.js";
import type { Encoder } from "./encode.js";
import type { Page } from "./page.js";

/** Writes every metric that has points, under the names they have claimed. */
export async function writeMetrics(
  page: Page,
  streams: Iterable<MetricStream>,
  { encoder, claims, slices }: { encoder: Encoder; claims: NameClaims; slices: Slices },
): Promise<void> {
  const times = new Map<string, number>();
  for (const { metric, points } of streams) {
    const key = keyOf(metric);
    const nth = (times.get(key) ?? 0) + 1;
    times.set(key, nth);
    const shown = claims.claim(metric, nth);
    const seen = new Set<string>();
    for (const point of points) {
      if (seen.size === 0) encoder.head(page, shown, metric);
      encoder.point(page, shown, metric, point, seen);
      const pause = slices.pause();
      if (pause !== undefined) await pause;
    }
  }
}
