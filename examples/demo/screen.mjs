// Turns a snapshot into lines of text. Pure: a width and a palette in, strings out.

const BARS = "▁▂▃▄▅▆▇█";
const codes = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  cyan: 36,
  onRed: 41,
  onYellow: 43,
};

/** A function that colours text, or leaves it alone. */
export function palette(coloured) {
  return (text, ...styles) => {
    if (!coloured || styles.length === 0) return text;
    return `\x1b[${styles.map((style) => codes[style]).join(";")}m${text}\x1b[0m`;
  };
}

const signs = {
  calm: ["dim"],
  warm: ["yellow"],
  hot: ["red", "bold"],
};

/** @param view - snapshot, history, title, news, sections, below: what a frame shows */
export function frame(view, width, paint) {
  const { snapshot, history } = view;
  const rows = snapshot.operations.filter(({ name, traffic, inFlight }) => {
    return traffic.count + inFlight > 0 || history.operations.has(name);
  });
  const table = columns(rows, width, history, paint);
  const lines = [view.title(width, paint), view.news(width, paint), table.head];
  for (const section of view.sections) {
    const mine = rows.filter((row) => section.has(row)).sort(byRoute);
    if (mine.length === 0) continue;
    lines.push(paint(` ${section.name} ${"─".repeat(width - section.name.length - 3)}`, "dim"));
    for (const row of mine) lines.push(table.line(row));
  }
  return [...lines, "", ...saturation(snapshot, width, paint), ...view.below(paint)];
}

function byRoute(a, b) {
  const key = ({ name }) => name.split(" ").reverse().join(" ");
  return key(a) < key(b) ? -1 : 1;
}

function columns(rows, width, history, paint) {
  const roomy = width >= 100;
  const longest = Math.max(13, ...rows.map(({ name }) => name.length));
  const nameWidth = Math.min(longest, roomy ? 40 : 25);
  const size = roomy ? 7 : 6;
  const figures = [
    ["p50", size, ({ latency }) => milliseconds(latency.count && latency.p50)],
    ["p95", size, ({ latency }) => milliseconds(latency.count && latency.p95)],
    ["p99", size, ({ latency }) => milliseconds(latency.count && latency.p99), latencySign],
    ...(roomy ? [["max", size, ({ latency }) => milliseconds(latency.count && latency.max)]] : []),
    ["req/s", 6, ({ traffic }) => rate(traffic.perSecond)],
    ["err %", 6, ({ errors }) => percent(errors.ratio), errorSign],
    ["open", 5, ({ inFlight }) => String(inFlight)],
  ];
  const used = figures.reduce((sum, [, wide]) => sum + wide, nameWidth + 1);
  const left = Math.max(8, width - used - 2);
  const traffic = Math.min(40, Math.floor(left * 0.42));
  const slowness = Math.min(40, left - traffic - 1);
  const head = figures.map(([title, wide]) => title.padStart(wide)).join("");
  return {
    head: paint(
      ` ${column("last 10 s, ms", nameWidth)}${head} ${column("p99, 40 s", slowness)} ${column("traffic", traffic)}`,
      "bold",
    ),
    line(row) {
      const past = history.of(row.name);
      const usual = median(past.p99);
      const cells = figures.map(([, wide, text, sign]) => {
        const styles = signs[sign?.(row, usual)] ?? [];
        return paint(text(row).padStart(wide), ...styles);
      });
      const p99 = spark(past.p99, slowness, Math.max, (value) => {
        return paint(bar(value, past.p99, usual), ...(signs[heat(value, usual)] ?? ["green"]));
      });
      const rates = spark(past.rate, traffic, mean, (value) => {
        return paint(bar(value, past.rate, 0), "cyan");
      });
      return ` ${column(row.name, nameWidth)}${cells.join("")} ${p99} ${rates}`;
    },
  };
}

/** Twice what was usual is warm, four times is hot; nothing is, below 5 ms or without a past. */
function heat(value, usual) {
  if (!(value > 5) || !(usual > 0)) return undefined;
  if (value >= 4 * usual) return "hot";
  return value >= 2 * usual ? "warm" : undefined;
}

const latencySign = ({ latency }, usual) => heat(latency.p99, usual);

function errorSign({ errors }) {
  if (errors.ratio >= 0.05) return "hot";
  return errors.ratio > 0 ? "warm" : "calm";
}

/** The values as `size` characters, several of them in one where they are too many. */
function spark(values, size, join, draw) {
  let text = "";
  for (let at = 0; at < size; at++) {
    const from = Math.floor((at * values.length) / size);
    const to = Math.max(from + 1, Math.floor(((at + 1) * values.length) / size));
    const here = values.slice(from, to).filter((value) => !Number.isNaN(value));
    text += here.length === 0 ? " " : draw(join(...here));
  }
  return text;
}

/** A full bar is the largest value, or three times the usual one: calm lines stay low. */
function bar(value, values, usual) {
  const top = Math.max(3 * usual, ...values.filter((each) => each > 0));
  return BARS[Math.min(7, Math.floor((8 * value) / top))] ?? BARS[0];
}

const mean = (...values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function median(values) {
  const known = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  return known.length < 4 ? Number.NaN : known[known.length >> 1];
}

function saturation(snapshot, width, paint) {
  const of = (name) => snapshot.saturation.find((each) => each.name === name);
  const gauges = [
    ["event loop", of("nodejs.eventloop.utilization")],
    ["cpu", of("process.cpu.utilization")],
    ["memory", of("process.memory.usage")],
    ["db.pool", of("db.pool")],
  ].filter(([, found]) => found?.saturation !== undefined);
  const labels = gauges.reduce((sum, [label]) => sum + label.length, 0);
  const size = Math.min(16, Math.floor((width - labels - gauges.length * 9) / gauges.length));
  const line = gauges.map(([label, { saturation: full }]) => {
    const sign = full >= 0.9 ? "hot" : full >= 0.7 ? "warm" : undefined;
    const filled = Math.round(full * size);
    const meter = paint("█".repeat(filled), ...(signs[sign] ?? ["green"]));
    const rest = paint("░".repeat(size - filled), "dim");
    return `${label} ${meter}${rest}${paint(`${Math.round(full * 100)} %`.padStart(6), ...(signs[sign] ?? []))}`;
  });
  const value = (name) => of(name)?.value ?? Number.NaN;
  const details = [
    `loop delay p99 ${milliseconds(value("nodejs.eventloop.delay.p99") * 1000)} ms`,
    `gc ${percent(value("auspex.gc.utilization"))} %`,
    `heap ${percent(value("auspex.heap.utilization"))} %`,
    `rss ${Math.round(value("process.memory.usage") / 1e6)} MB`,
  ];
  return [
    paint(` saturation ${"─".repeat(width - 13)}`, "dim"),
    ` ${line.join("  ")}`,
    paint(` ${details.join(" · ")}`, "dim"),
  ];
}

/** Everything since the start, as a plain table. */
export function summary(snapshot, paint) {
  const rows = snapshot.operations.filter(({ traffic }) => traffic.count > 0);
  const longest = Math.max(19, ...rows.map(({ name }) => name.length));
  const head = [
    ["requests", 9],
    ["p50", 7],
    ["p95", 7],
    ["p99", 7],
    ["max", 7],
    ["errors", 7],
    ["aborted", 8],
  ];
  const line = (name, cells) => {
    return ` ${name.padEnd(longest)}${cells.map((cell, at) => cell.padStart(head[at][1])).join("")}`;
  };
  const lines = rows.sort(byRoute).map(({ name, latency, traffic, errors, aborted }) => {
    const { p50, p95, p99, max } = latency;
    const text = line(name, [
      String(traffic.count),
      ...[p50, p95, p99, max].map(milliseconds),
      String(errors.count),
      String(aborted.count),
    ]);
    return errors.count > 0 ? paint(text, "red") : text;
  });
  const titles = head.map(([title]) => title);
  return [paint(line("since the start, ms", titles), "bold"), ...lines];
}

export function milliseconds(ms) {
  if (!(ms > 0)) return "–";
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)}s`;
  return ms < 100 ? ms.toFixed(1) : String(Math.round(ms));
}

const rate = (perSecond) => (perSecond < 100 ? perSecond.toFixed(1) : perSecond.toFixed(0));

export function percent(ratio) {
  return Number.isNaN(ratio) ? "–" : ratio === 0 ? "0" : (ratio * 100).toFixed(1);
}

/** Exactly `size` columns. */
export function column(text, size) {
  return text.length > size ? `${text.slice(0, size - 1)}…` : text.padEnd(size);
}
