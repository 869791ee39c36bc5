/**
 * An agent for the lab in one file, over HTTP: it waits for the alert, reads four probes and acts once by rules.
 *
 *     node lab/examples/agent.ts .lab/lab.json
 */
import { readFileSync } from "node:fs";

interface Reading {
  readonly isStale: boolean;
  readonly output: Readonly<Record<string, unknown>>;
}

const { url, actionToken } = JSON.parse(readFileSync(process.argv[2] ?? ".lab/lab.json", "utf8")) as {
  readonly url: string;
  readonly actionToken: string;
};

async function read<T>(path: string): Promise<T> {
  const response = await fetch(url + path);
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  return (await response.json()) as T; // the shapes stand in /openapi.json
}

async function post(path: string, body: object): Promise<unknown> {
  const headers = {
    authorization: `Bearer ${actionToken}`,
    "content-type": "application/json",
    "idempotency-key": `agent-${path}`,
  };
  return (await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

/** A number inside a probe's output, by its path; 0 if it is absent. */
function numberAt(reading: Reading, ...path: readonly string[]): number {
  let value: unknown = reading.output;
  for (const key of path)
    value = typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
  return typeof value === "number" ? value : 0;
}

async function respond(): Promise<unknown> {
  const names = ["breaker", "integrity", "locks", "saturation"] as const;
  const [breaker, integrity, locks, saturation] = await Promise.all([
    read<Reading>("/v1/probes/breaker"),
    read<Reading>("/v1/probes/integrity"),
    read<Reading>("/v1/probes/locks"),
    read<Reading>("/v1/probes/saturation"),
  ]);
  if ([breaker, integrity, locks, saturation].some((reading) => reading.isStale))
    return post("/v1/escalations", { reason: `stale probes: ${names.join(", ")}` });
  if (numberAt(breaker, "settings", "slowMs") !== numberAt(breaker, "usualSettings", "slowMs"))
    return post("/v1/actions/restore_breaker", {});
  if (numberAt(integrity, "duplicateRowsPerSecond") > 0) return post("/v1/actions/roll_back", {});
  if (numberAt(locks, "blockerCountMean", "nightly-report") > 0.5)
    return post("/v1/actions/terminate_sessions", { role: "nightly-report", countMax: 8 });
  if (numberAt(saturation, "queueCountMean") > 5) return post("/v1/actions/scale", { workerCount: 6 });
  return post("/v1/escalations", { reason: "nothing I know explains this" });
}

while ((await read<{ readonly state: { readonly kind: string } }>("/v1/alerts")).state.kind !== "firing") {
  await new Promise((resolve) => setTimeout(resolve, 500));
}
process.stdout.write(`${JSON.stringify(await respond())}\n`);
