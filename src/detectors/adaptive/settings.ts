/**
 * Everything that was chosen in `adaptive()`, for any metric. How the choices were made, and what each
 * is worth, is in docs/detection-adaptive.md.
 */

/** Values before the first judgement. */
export const WARM_UP = 100;

/**
 * Parts a day (UTC) is divided into, once per number: the same value is seen against its hour, its
 * morning and the whole day at once. The first is the whole.
 */
export const CLOCKS = [1, 2, 3, 4, 6, 8, 12, 24];
/** Of the view on departures; there the hour matters less. */
export const DEPARTURE_CLOCKS = [1, 6, 24];
/** Parts the recent level is divided into, likewise. */
export const LEVELS = [8, 16];

/** Weight of the view on departures from the slow mean, beside that of the view on values. */
export const DEPARTURES = 0.25;
/** Share of a new value in the recent level, and in the slow mean. */
export const RECENT = 0.2;
export const SLOW = 0.03;

/**
 * Exponent of the mean over contexts: at 1 one context that is far out carries the rest, towards 0 all
 * must agree.
 */
export const AGREEMENT = 0.65;

/** A generation of ranges lasts four weeks and so many values; the current one and the one before count. */
export const GENERATION_MS = 28 * 86_400_000;
export const GENERATION = 1000;

/** Least spread, as a share of the range: of a series that hardly ever moves. */
export const LEAST_SPREAD = 1e-3;

/**
 * One value moves a bound by so many scales at most: a single wild one must not hide what comes in the weeks
 * after it. What lasts moves it further with every value.
 */
export const REACH = 30;

/** Surprise at which a series that never alarmed before alarms. */
export const ALARM = 0.12;
/** Each alarm raises the bar by a fifth, and that is forgotten over so many values. */
export const RAISE = 0.2;
export const MEMORY = 20_000;
/** … up to a bar eleven times as high. */
export const MOST_ALARMS = 12;
/** An episode: for so many values only what is clearly larger than its alarm alarms again … */
export const EPISODE = 100;
export const CLEARLY = 5;
/** … and it goes on for so many after the last one that was beyond the bar. */
export const QUIET = 50;

/** A run of repeats is surprising when −ln of its probability is above this. */
export const STILL = 50;
