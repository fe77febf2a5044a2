// Five weeks of a connection pool's saturation and of the traffic behind it: what is normal, what is to come,
// when it is full, what capacity it will take, and what more load would do. No server, no waiting.
import {
  Baseline,
  backTest,
  forecast,
  loadModel,
  planCapacity,
  timeToReach,
  trend,
  withoutSeason,
} from "auspex/baselines";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 5, 1);

/** People's week: more by day, less on Sundays. */
function load(timeMs) {
  const hour = (timeMs / HOUR) % 24;
  const weekday = new Date(timeMs).getUTCDay();
  return (1 + 0.7 * Math.sin(((hour - 9) * Math.PI) / 12)) * (weekday === 0 ? 0.5 : 1);
}

// Numbers that look random and are the same each time.
const wobble = (i, size) => 1 + size * (Math.sin(i * 12.9898) + Math.sin(i * 78.233));
const hours = Array.from({ length: 5 * 168 }, (_, i) => START + i * HOUR);
const traffic = hours.map((timeMs, i) => {
  const growth = 1 + (0.06 * i) / 168;
  return { timeMs, value: 80 * load(timeMs) * growth * wobble(i, 0.03) };
});
const pool = traffic.map(({ timeMs, value }, i) => ({
  timeMs,
  value: 0.08 + (value / 300) * wobble(i + 1, 0.02),
}));

const baseline = new Baseline();
for (const { timeMs, value } of traffic) baseline.observe(value, timeMs);
const tuesday = START + 36 * DAY + 14 * HOUR;
const { lower, upper, basis } = baseline.range(tuesday);
console.log(`normal on Tuesdays at 14 h: ${lower.toFixed(0)} to ${upper.toFixed(0)} (${basis})`);

console.log(trend(withoutSeason(pool), { worse: "up", unit: "1" }).reason);

const week = forecast(pool, { horizonMs: 7 * DAY, unit: "1", max: 1 });
console.log(`forecast: ${week.reason}`);
console.log(`checked: ${backTest(pool, { horizonMs: 2 * DAY }).reason}`);

console.log(timeToReach(pool, 0.9, { unit: "1" }).reason);
console.log(planCapacity(pool, { horizonMs: 14 * DAY }).reason);

const model = loadModel(traffic, pool, { stepMs: HOUR });
console.log(model.reason);
const more = model.whatIf({ load: 1.5 });
console.log(`${more.reason}\n  but ${more.warning}`);
