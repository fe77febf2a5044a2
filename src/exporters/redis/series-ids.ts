import { type SeriesDescriptor, seriesId } from "./series.js";

/** Ids that were handed out, with what each stands for. */
export class SeriesIds {
  readonly #ids = new Map<string, string>();

  /** Two series of one digest: nobody has seen that, but they must not become one. */
  of(descriptor: SeriesDescriptor): string {
    const { description, category, ...identity } = descriptor;
    const text = JSON.stringify(identity);
    let id = seriesId(descriptor);
    while ((this.#ids.get(id) ?? text) !== text) id = `${id}!`;
    this.#ids.set(id, text);
    return id;
  }

  release(id: string): void {
    this.#ids.delete(id);
  }
}
