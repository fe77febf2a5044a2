/** One value of one line, told apart by the letter of the protocol and no more leniently. */
export interface Parsed {
  readonly name: string;
  readonly value: number;
  readonly type: string;
  readonly rate: number;
  readonly tags: readonly string[];
  readonly container: string | undefined;
  readonly time: number | undefined;
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** Reads a payload of either dialect; throws at whatever a strict server might stumble over. */
export function parse(payload: Buffer): Parsed[] {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
  return text.split("\n").flatMap(parseLine);
}

export function parseLine(line: string): Parsed[] {
  if (/[\p{Cc}\u{fffe}\u{ffff}]/u.test(line)) throw new Error(`control character in ${line}`);
  const colon = line.indexOf(":");
  const name = line.slice(0, colon);
  if (!/^[\w.;=-]+$/.test(name)) throw new Error(`name of ${line}`);
  const rest = line.slice(colon + 1);
  // Plain: name:1|ms|@0.5:2|ms. DogStatsD: name:1:2|d|@0.5|#a:b,c:d|c:x|T1.
  const isPlain = /^[^|]*\|(?:ms|c|g)(?:\|@[\d.]+)?(?::|$)/.test(rest);
  if (isPlain) {
    return rest.split(":").map((piece) => {
      const [value, type, rate, ...more] = piece.split("|");
      if (more.length > 0) throw new Error(`fields of ${line}`);
      return { name, ...numberOf(value, line), type: type ?? "", ...fieldsOf([rate], line) };
    });
  }
  const [values, type, ...fields] = rest.split("|");
  if (!/^[cgd]$/.test(type ?? "")) throw new Error(`type of ${line}`);
  return (values ?? "").split(":").map((value) => {
    return { name, ...numberOf(value, line), type: type as string, ...fieldsOf(fields, line) };
  });
}

function numberOf(text: string | undefined, line: string): { value: number } {
  if (!NUMBER.test(text ?? "") || text === "-0") throw new Error(`value ${text} of ${line}`);
  return { value: Number(text) };
}

function fieldsOf(fields: readonly (string | undefined)[], line: string) {
  let rate = 1;
  let tags: string[] = [];
  let container: string | undefined;
  let time: number | undefined;
  let last = -1;
  for (const field of fields) {
    if (field === undefined) continue;
    const order = ["@", "#", "c", "T"].indexOf(field[0] as string);
    if (order <= last) throw new Error(`order of fields in ${line}`);
    last = order;
    const text = field.slice(1);
    if (order === 0) {
      rate = numberOf(text, line).value;
      if (!(rate > 0 && rate < 1)) throw new Error(`rate of ${line}`);
    } else if (order === 1) {
      tags = text.split(",");
      if (tags.some((tag) => !/^[^:#@]+:[^#@]*$/.test(tag))) throw new Error(`tags of ${line}`);
    } else if (order === 2) {
      container = text.slice(1);
      if (!/^:[\w.-]+$/.test(text)) throw new Error(`container of ${line}`);
    } else time = numberOf(text, line).value;
  }
  return { rate, tags, container, time };
}
