// A strict reader of Prometheus' text format, version 0.0.4, as its page describes it: an oracle that shares nothing
// with what writes it.

/** A family of samples as a scraper would keep it. */
export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: ReadonlyMap<string, number>;
}

const metricName = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const labelPair = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const sampleLine = new RegExp(`^(${metricName})(\\{${labelPair}(?:,${labelPair})*\\})? (\\S+)$`);
const floatText = /^[+-]?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Inf)$|^NaN$/;

/** Reads an exposition, or throws at the first line that breaks a rule of the format or of naming. */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line must end with a line feed");
  const families = new Map<string, { type: string; help: string; samples: Map<string, number> }>();
  let current = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const meta = new RegExp(`^# (HELP|TYPE) (${metricName}) (.+)$`).exec(line);
    if (meta !== null)
      current = takeMeta(families, current, { word: meta[1] ?? "", name: meta[2] ?? "", rest: meta[3] ?? "", line });
    else takeSample(families.get(current), current, line);
  }
  for (const [name, { type, samples }] of families) {
    if (samples.size === 0) throw new Error(`${name} has no sample`);
    if ((type === "counter") !== name.endsWith("_total"))
      throw new Error(`${name}: a counter's name ends in _total, and no other's does`);
  }
  return families;
}

function takeMeta(
  families: Map<string, { type: string; help: string; samples: Map<string, number> }>,
  current: string,
  {
    word,
    name,
    rest,
    line,
  }: { readonly word: string; readonly name: string; readonly rest: string; readonly line: string },
): string {
  if (word === "HELP") {
    if (families.has(name)) throw new Error(`the lines of ${name} do not stand together`);
    if (!/^(?:[^\\]|\\[\\n])*$/.test(rest)) throw new Error(`a backslash of the help of ${name} is not escaped`);
    families.set(name, { type: "", help: rest, samples: new Map() });
    return name;
  }
  const family = families.get(name);
  if (name !== current || family === undefined || family.type !== "" || family.samples.size > 0)
    throw new Error(`TYPE is once, after HELP and before the samples: ${line}`);
  if (!["counter", "gauge", "histogram", "summary", "untyped"].includes(rest)) throw new Error(`no such type: ${line}`);
  family.type = rest;
  return name;
}

function takeSample(
  family: { readonly type: string; readonly samples: Map<string, number> } | undefined,
  current: string,
  line: string,
): void {
  const [, name, labels = "", value = ""] = sampleLine.exec(line) ?? [];
  if (name === undefined || !floatText.test(value)) throw new Error(`no sample: ${line}`);
  if (family === undefined || name !== current || family.type === "")
    throw new Error(`a sample outside its family: ${line}`);
  if (family.samples.has(labels)) throw new Error(`twice: ${line}`);
  family.samples.set(labels, Number(value.replace("Inf", "Infinity")));
}
