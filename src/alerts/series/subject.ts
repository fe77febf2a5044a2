import type { AttributesData } from "../../snapshot/model.js";

/** What an alert can be about: one series, or a thing of another kind that has a name. */
export interface Subject {
  /** `seriesKey` of the other fields. */
  readonly key: string;
  readonly operation: string;
  readonly attributes: AttributesData;
}
