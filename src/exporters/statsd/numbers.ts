import type { HistogramPoint } from "../../snapshot/batch.js";

type Layout = HistogramPoint["histogram"]["layout"];

/**
 * A finite number in digits, a point and a sign: the original server reads no exponent in a sample rate,
 * and other servers none in a value. The shortest text that gives the same number back.
 */
export function decimal(value: number): string {
  const text = String(value);
  const at = text.indexOf("e");
  if (at < 0) return text;
  const exponent = Number(text.slice(at + 1));
  const sign = value < 0 ? "-" : "";
  const digits = text.slice(sign.length, at).replace(".", "");
  if (exponent > 0) return sign + digits.padEnd(exponent + 1, "0");
  return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
}

/**
 * To 15 digits, which is what a double holds of any decimal number: differences and products have a tail
 * of digits behind that nobody recorded. Whole numbers are exact and stay.
 */
export function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(15));
}

/**
 * The sample rate of a value that stands for `weight` equal ones; empty for 1.
 *
 * Its reciprocal is never below the weight, be it ever so little: a server that cuts it to a whole
 * number gets `weight`, not one less.
 * @see Datadog Agent, pkg/util/quantile (Insert truncates 1 ÷ rate)
 */
export function rateField(weight: number): string {
  if (weight === 1) return "";
  let rate = 1 / weight;
  while (1 / rate < weight) rate *= 1 - Number.EPSILON / 2;
  return `|@${decimal(rate)}`;
}

/** Texts that are kept, of one layout or factor. */
const MOST_TEXTS = 32_768;

/** The text of every slot's middle, divided: they come back with every series and export. */
export class SlotTexts {
  readonly #known = new WeakMap<Layout, Map<number, (string | undefined)[]>>();

  /** @returns texts by slot, as far as there are any yet; a layout of very many slots keeps none */
  of(layout: Layout, by: number): (string | undefined)[] {
    if (layout.slots > MOST_TEXTS) return [];
    let byDivisor = this.#known.get(layout);
    if (byDivisor === undefined) {
      byDivisor = new Map();
      this.#known.set(layout, byDivisor);
    }
    let texts = byDivisor.get(by);
    if (texts === undefined) {
      texts = new Array<string | undefined>(layout.slots);
      byDivisor.set(by, texts);
    }
    return texts;
  }
}

/** Texts of whole numbers times a factor: the middles of slots come back with every series and export. */
export class ScaledTexts {
  readonly #byFactor = new Map<string, Map<number, string>>();

  /** @returns the text of `value × times ÷ by`, for any value */
  scaled(times: number, by: number): (value: number) => string {
    const key = `${times}/${by}`;
    const texts = this.#byFactor.get(key) ?? new Map<number, string>();
    this.#byFactor.set(key, texts);
    return (value) => {
      let text = texts.get(value);
      if (text === undefined) {
        text = decimal((value * times) / by);
        if (texts.size >= MOST_TEXTS) texts.clear();
        texts.set(value, text);
      }
      return text;
    };
  }
}
