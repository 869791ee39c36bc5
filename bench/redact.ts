// `node bench/redact.ts`: what it costs to look for three secrets in a reply. Prints processor time for a megabyte.
import type { JsonValue } from "../src/core/value/json-value.ts";
import { redactReply } from "../src/engine/effects/redact.ts";

const secrets = ["hunter2-supersecret-token", "s3cr3t/pass word+42", "AKIAIOSFODNN7EXAMPLE"];
const textChars = 1_000_000;
const rounds = 8;

/** Lines until a text is about a megabyte long. */
function textOf(line: (index: number) => string): string {
  const lines: string[] = [];
  for (let index = 0, length = 0; length < textChars; index += 1) {
    const next = line(index);
    lines.push(next);
    length += next.length;
  }
  return lines.join("");
}

const ordinary = textOf(
  (index) => `23:${index % 60}:11Z host-${index % 97} app[${index}]: took ${index % 300} ms, 200\n`,
);
const values = {
  rows: Array.from({ length: 8_000 }, (_, id) => ({ id, name: `host-${id}`, version: "v1", note: "a short value" })),
};

const samples: readonly { readonly title: string; readonly output: JsonValue }[] = [
  { title: "ordinary text", output: ordinary },
  { title: "short values", output: values },
  { title: "JSON in JSON", output: JSON.stringify(JSON.stringify(values)) },
  {
    title: "HTML",
    output: textOf((index) => `<td class="a">host-${index}</td><td>&lt;${index}&gt; &amp; more</td>\n`),
  },
  { title: "Base64", output: Buffer.from(ordinary).toString("base64") },
  { title: "hexadecimal", output: Buffer.from(ordinary.slice(0, textChars / 2)).toString("hex") },
];

for (const { title, output } of samples) {
  const sizeMb = JSON.stringify(output).length / 1e6;
  const timesMs = Array.from({ length: rounds }, () => {
    const from = process.cpuUsage();
    redactReply({ kind: "applied", output, outputBytes: 1, outcome: null }, secrets);
    const { user, system } = process.cpuUsage(from);
    return (user + system) / 1_000 / sizeMb;
  });
  const [best = 0] = timesMs.sort((left, right) => left - right);
  console.log(`${title} (${sizeMb.toFixed(1)} MB): ${best.toFixed(0)} ms/MB`);
}
