// Detectors on a made-up week: what each says of a spike, of a value at the wrong hour, of a shift that lasts.
import {
  adaptive,
  allOf,
  errorRatio,
  holtWinters,
  lstm,
  pageHinkley,
  sustained,
  threshold,
  zScore,
} from "auspex/detectors";

const MINUTE = 60_000;
const start = Date.UTC(2026, 0, 5);

/** Noise, the same each time. */
let seed = 1;
const noise = () => {
  seed = (seed * 48_271) % 2_147_483_647;
  return (2 * seed) / 2_147_483_647 - 1;
};
/** A value every ten minutes: a day's wave, and noise. */
const usual = (at) => 200 + 100 * Math.sin((2 * Math.PI * at) / 144) + 10 * noise();

const flat = () => 200 + 10 * noise();

/** From 18:00 on the seventh day, where the wave has its lowest point. */
const BEGIN = 6 * 144 + 108;
const incidents = {
  "a spike": (at) => (at === BEGIN ? 1000 : usual(at)),
  "what is usual in the morning, in the evening": (at) => (at === BEGIN ? 290 : usual(at)),
  "a small shift that lasts": (at) => flat() + (at >= BEGIN ? 11 : 0),
};
const methods = { adaptive, holtWinters, pageHinkley, zScore };

for (const [incident, valueAt] of Object.entries(incidents)) {
  console.log(`${incident}:`);
  for (const [name, make] of Object.entries(methods)) {
    const detector = make();
    let alarm;
    for (let at = 0; at < BEGIN + 30; at++) {
      const { anomalous, score, reason } = detector.observe(valueAt(at), start + at * 10 * MINUTE);
      if (anomalous && at >= BEGIN)
        alarm ??= `value ${at - BEGIN + 1}, ${score.toFixed(2)}: ${reason}`;
    }
    console.log(`  ${name}: ${alarm ?? "sees nothing"}`);
  }
}

console.log("a rhythm that misses a beat:");
const rhythm = lstm();
for (let at = 0; at < 4000; at++)
  rhythm.observe([100, 100, 140, 140][at % 4] + noise(), at * MINUTE);
const beats = [100, 100, 100].map((value, at) => rhythm.observe(value, (4000 + at) * MINUTE));
console.log(`  lstm: ${beats.map(({ anomalous }) => (anomalous ? "alarm" : "fine")).join(", ")}`);

console.log("errors, by how many requests there were:");
const ratio = errorRatio();
for (let at = 0; at < 200; at++) ratio.observe(0, at * MINUTE, { count: 500, errors: at % 2 });
for (const context of [
  { count: 2, errors: 1 },
  { count: 500, errors: 40 },
]) {
  const { score, reason } = ratio.observe(0, 200 * MINUTE, context);
  console.log(`  ${context.errors} of ${context.count}: ${score.toFixed(2)} ${reason ?? ""}`);
}

console.log("slow and failing, for three minutes:");
const rule = sustained(
  allOf(threshold({ above: 500 }), { errors: threshold({ above: 0.05 }) }),
  3 * MINUTE,
);
for (let at = 0; at < 5; at++) {
  const { anomalous, reason } = rule.observe(620, start + at * MINUTE, {
    inputs: { errors: 0.08 },
  });
  console.log(`  minute ${at}: ${anomalous ? reason : "not yet"}`);
}

const text = JSON.stringify(rhythm.save());
const restored = lstm();
restored.restore(JSON.parse(text));
const [one, other] = [rhythm, restored].map((each) => each.observe(140, 4003 * MINUTE).score);
console.log(`saved in ${text.length} bytes, restored: ${one === other ? "the same" : "another"}`);
