export interface Profile {
  readonly hit: number;
  readonly falseAlarm: number;
  readonly miss: number;
}
export interface Judged {
  readonly scores: ArrayLike<number>;
  readonly windows: readonly (readonly [number, number])[];
}
export interface Point {
  readonly threshold: number;
  readonly score: number;
  readonly caught: number;
  readonly falseAlarms: number;
}
export const PROFILES: Readonly<
  Record<"standard" | "lowFalsePositive" | "lowFalseNegative", Profile>
>;
export function probationOf(rows: number): number;
export function scaledSigmoid(position: number): number;
export function rowWorths(
  rows: number,
  windows: Judged["windows"],
): { window: Int32Array; worth: Float64Array };
export function sweep(series: readonly Judged[], profile: Profile): Point[];
export function bestOf(points: readonly Point[]): Point;
export function pointAt(points: readonly Point[], threshold: number): Point;
export function scoredRows(series: readonly Judged[]): number;
