import { type Parser, refuseKind, text } from "./shape.ts";

/** A length of time as `500ms`, `30s`, `5m`, `2h` or `1d`; in milliseconds. */
export function duration(): Parser<number> {
  const says = "a duration such as `500ms`, `30s`, `5m`, `2h` or `1d`";
  const written = text({ charsMax: 16, pattern: /^[0-9]{1,9}(ms|s|m|h|d)$/, says });
  return (value, at) => {
    if (typeof value === "number") return refuseKind(at, says, value);
    const parsed = written(value, at);
    return parsed === undefined ? undefined : toMs(parsed);
  };
}

const msByUnit: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function toMs(written: string): number {
  const unit = /[a-z]+$/.exec(written)?.[0] ?? "ms";
  return Number.parseInt(written, 10) * (msByUnit[unit] ?? 1);
}
