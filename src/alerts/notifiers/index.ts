export { type AlertmanagerOptions, alertmanager } from "./alertmanager.js";
export { type ConsoleNotifierOptions, consoleNotifier } from "./console.js";
export {
  type DogstatsdNotifierOptions,
  dogstatsdNotifier,
  type EventSender,
} from "./dogstatsd.js";
export { NotifierOptionsError } from "./options.js";
export { type PagerDutyOptions, pagerDuty } from "./pagerduty.js";
export { type Publisher, type RedisNotifierOptions, redisNotifier } from "./redis.js";
export { type SlackOptions, slack } from "./slack.js";
export { SIGNATURE_HEADER, verifySignature, type WebhookOptions, webhook } from "./webhook.js";
