import { createHmac, timingSafeEqual } from "node:crypto";
import type { Notifier } from "../notice.js";
import { headersOf, optionsOf, secretOf, urlOf } from "./options.js";
import { post } from "./post.js";

export interface WebhookOptions {
  readonly url: string | URL;
  /** Signs each notice, so that the receiver knows who sent it. @default unsigned */
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** @default "webhook" */
  readonly name?: string;
}

/** `t=<epoch seconds>,v1=<hex>`: HMAC-SHA256 of `<epoch seconds>.<body>` with the secret. */
export const SIGNATURE_HEADER = "x-auspex-signature";

/** Older signatures are a replay. */
const TOLERANCE_S = 300;

/**
 * Posts each notice as JSON; `x-auspex-dedup-key` is the same for the same notice, whoever sends it.
 *
 * @throws NotifierOptionsError listing every fault
 */
export function webhook(given: WebhookOptions): Notifier {
  let url = new URL("http://invalid");
  let headers: Record<string, string> = {};
  const known = ["url", "secret", "headers", "name"] as const;
  const options = optionsOf("webhook", given, known, (parts, checks) => {
    url = urlOf("url", parts.url, checks);
    headers = headersOf(parts.headers, checks);
    if (parts.secret !== undefined) secretOf("secret", parts.secret, "give a text", checks);
  });
  const { name = "webhook", secret } = options;
  return {
    name,
    notify(notice, signal) {
      const body = JSON.stringify(notice);
      const seconds = Math.floor(Date.now() / 1000);
      const sent: Record<string, string> = { ...headers, "x-auspex-dedup-key": notice.dedupKey };
      if (secret !== undefined) sent[SIGNATURE_HEADER] = signatureOf(secret, body, seconds);
      return post(url, body, sent, signal);
    },
  };
}

/**
 * For a receiver: whether a body carries a signature made with the secret in the last five minutes.
 *
 * @param header - of `x-auspex-signature`
 * @param nowMs - epoch ms. @default now
 */
export function verifySignature(
  secret: string,
  body: string,
  header: string | undefined,
  nowMs = Date.now(),
): boolean {
  const [, seconds] = /^t=(\d{1,12}),v1=[0-9a-f]{64}$/.exec(header ?? "") ?? [];
  if (seconds === undefined || Math.abs(nowMs / 1000 - Number(seconds)) > TOLERANCE_S) return false;
  const expected = signatureOf(secret, body, Number(seconds));
  return timingSafeEqual(Buffer.from(expected), Buffer.from(header as string));
}

function signatureOf(secret: string, body: string, seconds: number): string {
  const digest = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${digest}`;
}
