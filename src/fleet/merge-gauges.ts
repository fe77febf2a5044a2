import type { GaugeSnapshot, SaturationSnapshot } from "../snapshot/model.js";
import type { Group } from "./groups.js";
import type { FleetGaugeSnapshot, FleetSaturationSnapshot } from "./model.js";

/** What can run full, with the figures of the process where it is fullest. Who has ended has none. */
export function mergedSaturation(
  groups: readonly Group<SaturationSnapshot>[],
): readonly FleetSaturationSnapshot[] {
  return Object.freeze(
    living(groups).map(({ service, told }) => {
      const byProcess = told.map(({ process, what }) => {
        const { value, mean, max, saturation } = what;
        const how = saturation === undefined ? {} : { saturation };
        return Object.freeze({ process: process.id, value, mean, max, ...how });
      });
      byProcess.sort((a, b) => (b.saturation ?? 0) - (a.saturation ?? 0) || b.value - a.value);
      const { name, attributes, unit } = told[0].what;
      const own = { service, name, attributes, unit };
      return Object.freeze({ ...own, ...byProcess[0], byProcess: Object.freeze(byProcess) });
    }),
  );
}

/** Who has ended has no gauges any more. */
export function mergedGauges(
  groups: readonly Group<GaugeSnapshot>[],
): readonly FleetGaugeSnapshot[] {
  return Object.freeze(
    living(groups).map(({ service, told }) => {
      const byProcess = told.map(({ process, what: { value, mean, min, max } }) => {
        return Object.freeze({ process: process.id, value, mean, min, max });
      });
      byProcess.sort((a, b) => b.value - a.value);
      const { name, attributes, unit } = told[0].what;
      return Object.freeze({
        service,
        name,
        attributes,
        unit,
        value: byProcess[0].value,
        sum: byProcess.reduce((total, { value }) => total + value, 0),
        mean: byProcess.reduce((total, { mean }) => total + mean, 0) / byProcess.length,
        min: Math.min(...byProcess.map(({ min }) => min)),
        max: Math.max(...byProcess.map(({ max }) => max)),
        byProcess: Object.freeze(byProcess),
      });
    }),
  );
}

function living<T>(groups: readonly Group<T>[]): readonly Group<T>[] {
  return groups
    .map(({ service, told }) => ({ service, told: told.filter(({ process }) => process.live) }))
    .filter(({ told }) => told.length > 0);
}
