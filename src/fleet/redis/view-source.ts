import { Keys } from "../../exporters/redis/schema.js";
import type { Asking } from "./ask.js";
import { SeriesBook } from "./book.js";
import { isMeant } from "./filter.js";
import type { FleetFilter } from "./model.js";
import { type ServiceView, servicesOf, viewOf } from "./view.js";

/** Most services whose series are remembered; of more, those asked for last. */
const MAX_BOOKS = 64;

/** Services below one prefix, and what is remembered of them from one reading to the next. */
export class ViewSource {
  readonly keys: Keys;
  readonly #books = new Map<string, SeriesBook>();

  constructor(
    private readonly asking: Asking,
    prefix: string,
    /** What this reader is about at all. */
    private readonly own: FleetFilter,
  ) {
    this.keys = new Keys(prefix);
  }

  /** Names of services, in the order of the alphabet. @throws when Redis fails */
  async names(filter: FleetFilter): Promise<readonly string[]> {
    const all = await servicesOf(this.asking, this.keys);
    return all.filter((name) => isMeant(name, this.own.service) && isMeant(name, filter.service));
  }

  /** @throws when Redis fails */
  async views(filter: FleetFilter, nowMs: number): Promise<readonly ServiceView[]> {
    const { asking, keys } = this;
    const views: ServiceView[] = [];
    for (const service of await this.names(filter)) {
      views.push(await viewOf(service, { asking, keys, book: this.#bookOf(service), nowMs }));
    }
    return views;
  }

  #bookOf(service: string): SeriesBook {
    const book = this.#books.get(service) ?? new SeriesBook(this.asking, this.keys, service);
    this.#books.delete(service);
    this.#books.set(service, book);
    for (const oldest of this.#books.keys()) {
      if (this.#books.size <= MAX_BOOKS) break;
      this.#books.delete(oldest);
    }
    return book;
  }
}
