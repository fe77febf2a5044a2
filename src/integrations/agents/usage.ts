/** Why a usage was of no use: it is no object with fields that are known, or they are no counts. */
export type OddUsage = "usage_shape" | "usage_value";

type Count = unknown;

/** Usage objects of the common clients, their fields all optional. */
interface Shapes {
  /** OpenAI chat completions and all that speak like it. */
  readonly prompt_tokens?: Count;
  readonly completion_tokens?: Count;
  readonly prompt_tokens_details?: { readonly cached_tokens?: Count } | null;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: Count } | null;
  /** OpenAI responses, Anthropic messages. */
  readonly input_tokens?: Count;
  readonly output_tokens?: Count;
  readonly input_tokens_details?: { readonly cached_tokens?: Count } | null;
  readonly output_tokens_details?: { readonly reasoning_tokens?: Count } | null;
  readonly cache_read_input_tokens?: Count;
  readonly cache_creation_input_tokens?: Count;
  /** AI SDK, Bedrock. */
  readonly inputTokens?: Count;
  readonly outputTokens?: Count;
  readonly cachedInputTokens?: Count;
  readonly reasoningTokens?: Count;
  readonly cacheReadInputTokens?: Count;
  readonly cacheWriteInputTokens?: Count;
  readonly promptTokens?: Count;
  readonly completionTokens?: Count;
  /** Gemini. */
  readonly promptTokenCount?: Count;
  readonly candidatesTokenCount?: Count;
  readonly cachedContentTokenCount?: Count;
  readonly thoughtsTokenCount?: Count;
  /** Ollama. */
  readonly prompt_eval_count?: Count;
  readonly eval_count?: Count;
  /** Anyone's own. */
  readonly input?: Count;
  readonly output?: Count;
  readonly cacheRead?: Count;
  readonly cacheWrite?: Count;
  readonly reasoning?: Count;
}

/** The tokens of one call, as far as they are told; −1: not told. Small integers, so that none is boxed. */
export class Usage {
  /** Of the output. */
  reasoning = -1;
  /** Of the input: read from the provider's cache, and written to it. */
  cacheRead = -1;
  cacheWrite = -1;
  private told = -1;
  private made = -1;
  /** What some count within the input, or the output, others count beside it. */
  private isCacheBeside = false;
  private isReasoningBeside = false;
  private odd: OddUsage | undefined;

  /** All input, cached or not. */
  get input(): number {
    if (this.told < 0 || !this.isCacheBeside) return this.told;
    return this.told + Math.max(0, this.cacheRead) + Math.max(0, this.cacheWrite);
  }

  /** All output, reasoning or not. */
  get output(): number {
    if (this.made < 0 || !this.isReasoningBeside) return this.made;
    return this.made + Math.max(0, this.reasoning);
  }

  /**
   * Takes in a usage object of one of the common shapes; what it does not tell stays as it was told
   * before: a stream tells its parts one by one.
   *
   * Hot path: properties by their names, not by a table of names, which costs ten times as much. Throws
   * what a getter throws.
   * @returns what was odd about it
   */
  read(given: unknown): OddUsage | undefined {
    if (typeof given !== "object" || given === null) return "usage_shape";
    const of = given as Shapes;
    this.odd = undefined;
    if (of.prompt_tokens !== undefined || of.completion_tokens !== undefined) {
      this.take(of.prompt_tokens, of.completion_tokens);
      this.within(
        of.prompt_tokens_details?.cached_tokens,
        of.completion_tokens_details?.reasoning_tokens,
      );
    } else if (of.input_tokens !== undefined || of.output_tokens !== undefined) {
      this.take(of.input_tokens, of.output_tokens);
      this.within(
        of.input_tokens_details?.cached_tokens,
        of.output_tokens_details?.reasoning_tokens,
      );
      this.beside(of.cache_read_input_tokens, of.cache_creation_input_tokens);
    } else if (of.inputTokens !== undefined || of.outputTokens !== undefined) {
      this.take(of.inputTokens, of.outputTokens);
      this.within(of.cachedInputTokens, of.reasoningTokens);
      this.beside(of.cacheReadInputTokens, of.cacheWriteInputTokens);
    } else if (!this.readRare(of)) return "usage_shape";
    return this.odd;
  }

  private readRare(of: Shapes): boolean {
    if (of.promptTokenCount !== undefined || of.candidatesTokenCount !== undefined) {
      this.take(of.promptTokenCount, of.candidatesTokenCount);
      this.within(of.cachedContentTokenCount, of.thoughtsTokenCount);
      this.isReasoningBeside = true;
    } else if (of.promptTokens !== undefined || of.completionTokens !== undefined) {
      this.take(of.promptTokens, of.completionTokens);
    } else if (of.prompt_eval_count !== undefined || of.eval_count !== undefined) {
      this.take(of.prompt_eval_count, of.eval_count);
    } else if (of.input !== undefined || of.output !== undefined) {
      this.take(of.input, of.output);
      this.within(of.cacheRead, of.reasoning);
      this.cacheWrite = this.count(of.cacheWrite, this.cacheWrite);
    } else return false;
    return true;
  }

  private take(input: Count, output: Count): void {
    this.told = this.count(input, this.told);
    this.made = this.count(output, this.made);
  }

  private within(cacheRead: Count, reasoning: Count): void {
    this.cacheRead = this.count(cacheRead, this.cacheRead);
    this.reasoning = this.count(reasoning, this.reasoning);
  }

  private beside(cacheRead: Count, cacheWrite: Count): void {
    if ((cacheRead ?? undefined) === undefined && (cacheWrite ?? undefined) === undefined) return;
    this.cacheRead = this.count(cacheRead, this.cacheRead);
    this.cacheWrite = this.count(cacheWrite, this.cacheWrite);
    this.isCacheBeside = true;
  }

  /** A count that is told; else, and of what is no count, the one before. */
  private count(value: Count, before: number): number {
    if (value === undefined || value === null) return before;
    if (typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return value;
    this.odd = "usage_value";
    return before;
  }
}
