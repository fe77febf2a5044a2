import type { Severity } from "../../snapshot/events.js";

/** What a watch has to say when it is asked; words are made only then. */
export interface Finding {
  readonly observed: number;
  readonly expected: number;
  readonly lower?: number;
  readonly upper?: number;
  readonly unit: string;
  readonly severity: Severity;
  readonly reason: string;
}

/** One signal of one series, looked at window by window. */
export interface SignalWatch<W> {
  /** 0…1; an alarm from 0.5. */
  readonly score: number;
  readonly isAlarming: boolean;
  /** Judges a window, and learns from it when it is as ever. @returns what was seen, for correlation */
  look(window: W): number;
  finding(window: W): Finding;
  /** Requests of this window that are part of what is wrong. */
  affected(window: W): number;
  /** What lasts is the new normal: learns from now on, from here. */
  accept(): void;
  /** It alarms of what is known from earlier days. */
  know?(window: W): void;
  save(): unknown;
  /** A state that it cannot read leaves it as new. */
  restore(state: unknown): void;
}

/** Three significant digits. */
export function short(value: number): string {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

export function percent(ratio: number): string {
  return `${short(ratio * 100)} %`;
}

/** Numbers of a saved state; undefined unless all are there. */
export function numbersOf(state: unknown, length: number): number[] | undefined {
  if (!Array.isArray(state) || state.length !== length) return undefined;
  return state.every((each) => typeof each === "number" && Number.isFinite(each))
    ? (state as number[])
    : undefined;
}
