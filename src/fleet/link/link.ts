import type { Clock } from "../../time/clock.js";
import type { FleetMissing, FleetProcess, MissingReason } from "../model.js";
import { WireFault } from "../wire/unpacker.js";
import { type Answer, type Message, opened, sealed, type What, type WirePart } from "./protocol.js";

/** Who was heard of so recently may be about to say who it is. */
const STARTING_MS = 5000;

/** A question without an answer is put again after this long: the message may have been lost. */
const REPEAT_MS = 10_000;

const NOTHING: Answer = Object.freeze({ parts: Object.freeze([]), missing: Object.freeze([]) });

/** A way for messages, whatever it is made of. */
export interface Way {
  /** What the other side is called until it says who it is. */
  readonly name: string;
  /** What is known of it before. */
  readonly known?: Pick<FleetMissing, "pid" | "threadId">;
  /** Whether its silence is told: somebody is known to be there. */
  readonly isExpected: boolean;
  /** Whether this side is the nearer one to the root: it keeps the other's totals when that ends. */
  readonly isDownstream: boolean;
  /** Never throws. @returns false when the way is closed */
  send(message: object): boolean;
  close(): void;
}

/** What a link needs of the node it belongs to. */
export interface LinkOwner {
  readonly clock: Clock;
  hello(): Message;
  asked(link: Link, ask: Extract<Message, { kind: "ask" }>): void;
  greeted(link: Link): void;
  fault(link: Link, reason: MissingReason, error: unknown): void;
}

interface Question {
  readonly n: number;
  readonly answer: Promise<Answer>;
  readonly settle: (answer: Answer) => void;
  /** Monotonic ms. */
  askedAt: number;
}

/**
 * One neighbour: asks it, and hears it. A question is put once however many wait for its answer, so a
 * neighbour that is frozen gets one message of each kind and not a heap of them.
 */
export class Link {
  /** Who it is, once it has said so. */
  process: FleetProcess | undefined;
  /** Its totals, as it told them last. */
  last: readonly WirePart[] = NOTHING.parts;
  /** Monotonic ms at which it told them. */
  toldAt = Number.NEGATIVE_INFINITY;
  #isBinary = false;
  #incompatible = false;
  #hasLeft = false;
  #lastSeenMs: number | undefined;
  /** Not from 0: two fleets of one process may hear each other's answers. */
  #n = Math.floor(Math.random() * 2 ** 40);
  readonly #questions = new Map<What, Question>();
  readonly #greeted: Promise<void>;
  #onGreeted: () => void = () => {};
  readonly #madeAt: number;

  constructor(
    readonly way: Way,
    private readonly owner: LinkOwner,
  ) {
    this.#madeAt = owner.clock.now();
    this.#greeted = new Promise((resolve) => {
      this.#onGreeted = resolve;
    });
  }

  /** Never rejects, and settles when the answer comes or the way ends: the caller has a deadline. */
  async ask(what: What, timeoutMs: number): Promise<Answer> {
    if (this.#isStarting()) await this.#greeted;
    if (this.#incompatible) return this.without("version");
    if (this.process === undefined) return this.without("silent");
    const now = this.owner.clock.now();
    const known = this.#questions.get(what);
    if (known !== undefined && now - known.askedAt < REPEAT_MS) return known.answer;
    const question = known ?? this.#question();
    question.askedAt = now;
    if (!this.tell({ kind: "ask", n: question.n, what, timeoutMs })) {
      return this.without("unreachable");
    }
    this.#questions.set(what, question);
    return question.answer;
  }

  /** Says who is here, and asks who is there. */
  greet(): void {
    this.tell(this.owner.hello());
    this.tell({ kind: "who" });
  }

  tell(message: Message): boolean {
    return this.way.send(sealed(message, this.#isBinary));
  }

  /** Takes whatever came over the way. Never throws. */
  receive(given: unknown): void {
    try {
      const message = opened(given);
      if (message !== undefined) this.#take(message);
    } catch (error) {
      const reason = error instanceof WireFault ? error.reason : "malformed";
      if (reason === "version") {
        this.#incompatible = true;
        this.#onGreeted();
      }
      this.owner.fault(this, reason, error);
    }
  }

  /** Nothing comes any more; whoever waits is told so. */
  end(): void {
    this.#onGreeted();
    this.#settleAll();
    this.way.close();
  }

  /** An answer without it. */
  without(reason: MissingReason): Answer {
    const { process, way } = this;
    if (process === undefined && (this.#hasLeft || !way.isExpected)) return NOTHING;
    const missing = Object.freeze({
      id: process?.id ?? way.name,
      reason,
      ...way.known,
      ...(process !== undefined && { pid: process.pid, host: process.host }),
      ...(process?.threadId !== undefined && { threadId: process.threadId }),
      ...(this.#lastSeenMs !== undefined && { lastSeenMs: this.#lastSeenMs }),
    });
    return { parts: NOTHING.parts, missing: [missing] };
  }

  #settleAll(): void {
    for (const [what, { settle }] of this.#questions) {
      this.#questions.delete(what);
      settle(this.without("unreachable"));
    }
  }

  #isStarting(): boolean {
    const isNew = this.owner.clock.now() - this.#madeAt < STARTING_MS;
    const isUnknown = this.process === undefined && !this.#incompatible && !this.#hasLeft;
    return this.way.isExpected && isUnknown && isNew;
  }

  #take(message: Message): void {
    switch (message.kind) {
      case "who":
        this.tell(this.owner.hello());
        break;
      case "hello":
        this.process = message.process;
        this.#isBinary = message.isBinary;
        this.#incompatible = false;
        this.#hasLeft = false;
        this.#onGreeted();
        this.owner.greeted(this);
        break;
      case "ask":
        this.owner.asked(this, message);
        break;
      case "answer":
        this.#answered(message.n, message);
        break;
      case "bye":
        this.#seen(message.parts);
        break;
      case "leave":
        this.process = undefined;
        this.last = NOTHING.parts;
        this.#hasLeft = true;
        this.#settleAll();
        break;
    }
  }

  #answered(n: number, { parts, missing }: Answer): void {
    for (const [what, question] of this.#questions) {
      if (question.n !== n) continue;
      this.#questions.delete(what);
      if (what === "batch") this.#seen(parts);
      else this.#lastSeenMs = this.owner.clock.wall();
      question.settle({ parts, missing });
    }
  }

  #seen(totals: readonly WirePart[]): void {
    this.last = totals;
    this.toldAt = this.owner.clock.now();
    this.#lastSeenMs = this.owner.clock.wall();
  }

  #question(): Question {
    let settle: Question["settle"] = () => {};
    const answer = new Promise<Answer>((resolve) => {
      settle = resolve;
    });
    return { n: ++this.#n, answer, settle, askedAt: 0 };
  }
}
