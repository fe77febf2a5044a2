export type { Detector, DetectorState, ObservationContext, Verdict } from "./detector.js";
