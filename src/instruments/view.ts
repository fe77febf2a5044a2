import type { Attributes } from "../attributes/attributes.js";
import { fits } from "../attributes/pattern.js";

/**
 * How instruments of a name are shown, rather than as they were made.
 *
 * Of several views that fit an instrument each later one adds to, and goes before, the earlier.
 * @see OpenTelemetry specification, Metrics SDK, View
 */
export interface View {
  /** Name of the instrument, as it was made; `*` stands for any text: `"http.server.*"`. */
  readonly instrument: string;
  /** Shown under this name; only where `instrument` has no `*`. */
  readonly name?: string;
  readonly description?: string;
  /** Not shown at all. */
  readonly drop?: boolean;
  /** Attributes that are kept; series that are alike without the others are merged, exactly. */
  readonly attributes?: readonly string[];
}

/** What all views together say of one instrument. */
export interface InstrumentView {
  readonly name?: string;
  readonly description?: string;
  readonly drop: boolean;
  /** undefined: all. */
  readonly keep?: ReadonlySet<string>;
}

const AS_IT_IS: InstrumentView = Object.freeze({ drop: false });

export class Views {
  readonly #byName = new Map<string, InstrumentView>();

  constructor(readonly list: readonly View[] = []) {}

  /** @param name - as the instrument was made */
  of(name: string): InstrumentView {
    if (this.list.length === 0) return AS_IT_IS;
    let view = this.#byName.get(name);
    if (view === undefined) {
      view = Object.freeze(merge(this.list.filter(({ instrument }) => fits(instrument, name))));
      this.#byName.set(name, view);
    }
    return view;
  }
}

function merge(views: readonly View[]): InstrumentView {
  const merged: { -readonly [K in keyof InstrumentView]: InstrumentView[K] } = { drop: false };
  for (const { name, description, drop, attributes } of views) {
    if (name !== undefined) merged.name = name;
    if (description !== undefined) merged.description = description;
    if (drop !== undefined) merged.drop = drop;
    if (attributes !== undefined) merged.keep = new Set(attributes);
  }
  return merged;
}

/** Clean attributes without those that are not kept: the same object when all are. */
export function keepOnly(
  attributes: Attributes,
  keep: ReadonlySet<string> | undefined,
): Attributes {
  if (keep === undefined) return attributes;
  const names = Object.keys(attributes);
  const kept = names.filter((name) => keep.has(name));
  if (kept.length === names.length) return attributes;
  return Object.freeze(Object.fromEntries(kept.map((name) => [name, attributes[name]])));
}

/** What does not fit in a list of views, each with its mend. */
export function viewFaults(given: unknown, path: string): string[] {
  if (!Array.isArray(given)) return [`${path} is not a list; give [{ instrument, … }]`];
  return given.flatMap((view: Partial<View> | null, at) => {
    const here = `${path}[${at}]`;
    if (typeof view !== "object" || view === null) return [`${here} is not an object`];
    const faults: string[] = [];
    for (const key of Object.keys(view)) {
      if (FIELDS.has(key)) continue;
      faults.push(`${here}.${key} is not an option; known are ${[...FIELDS].join(", ")}`);
    }
    const { instrument, name, drop, attributes } = view;
    if (typeof instrument !== "string" || instrument === "") {
      faults.push(`${here}.instrument is missing; give a name, in which * stands for any text`);
    } else if (name !== undefined && instrument.includes("*")) {
      faults.push(`${here}.name would give many instruments one name; give instrument without *`);
    }
    for (const key of ["name", "description"] as const) {
      if (view[key] === undefined || (typeof view[key] === "string" && view[key] !== "")) continue;
      faults.push(`${here}.${key} is not a text; give one, or leave it out`);
    }
    if (drop !== undefined && typeof drop !== "boolean") {
      faults.push(`${here}.drop is not true or false`);
    }
    const areNames =
      Array.isArray(attributes) && attributes.every((each) => typeof each === "string");
    if (attributes !== undefined && !areNames) {
      faults.push(`${here}.attributes is not a list of names`);
    }
    return faults;
  });
}

const FIELDS = new Set(["instrument", "name", "description", "drop", "attributes"]);
