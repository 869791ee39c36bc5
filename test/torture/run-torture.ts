// kill -9 of real processes at random moments, with real effects that the other side counts.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createRng } from "../../src/core/value/rng.ts";
import { openReader } from "../../src/log/sqlite/reader.ts";
import { checkHistory, type History, type Said } from "./check-history.ts";
import { type EffectServer, startEffectServer } from "./effect-server.ts";
import { writeSite } from "./prepare-site.ts";

const workerScript = fileURLToPath(new URL("worker.ts", import.meta.url));

/** The result of a torture. */
export interface Torture extends History {
  readonly cycles: number;
  readonly seconds: number;
}

/**
 * When to kill: after a random number of requests and a few milliseconds. A fixed time would kill every worker of a
 * busy machine before it did anything. One kill in ten comes at a random time, when the worker may still be starting.
 */
const kills = { requestsMax: 70, lastMs: 12, startMs: 400 };
const drainMs = 120_000;

/**
 * Kills a worker in each cycle and starts the next. The last one is left alone until every run has come to rest; then
 * the log is compared with the server's books. The seed fixes the plans and the times of the kills, but not how the
 * processes interleave.
 */
export async function runTorture(options: {
  readonly cycles: number;
  readonly seed: number;
  readonly keep?: boolean;
}): Promise<Torture> {
  const startedMs = performance.now();
  const rng = createRng(options.seed);
  const site = mkdtempSync(join(tmpdir(), "interlock-torture-"));
  const server = await startEffectServer(createRng(options.seed + 1).unit);
  const said: Said[] = [];
  try {
    writeSite(site, server.url);
    // Fills the compile cache, because a killed worker never would. Workers then start in a third of the time.
    await drain(startWorker({ site, mode: "drain", seed: 0 }, said).child);
    for (let cycle = 0; cycle < options.cycles; cycle += 1) {
      const worker = startWorker({ site, mode: "work", seed: rng.below(1_000_000) }, said);
      if (rng.unit() < 0.1) await sleep(rng.unit() * kills.startMs);
      else await Promise.race([requests(server, rng.below(kills.requestsMax)), worker.failed]);
      await sleep(rng.unit() * kills.lastMs);
      await kill(worker.child);
    }
    const isAtRest = await drain(startWorker({ site, mode: "drain", seed: 0 }, said).child);
    const reader = openReader(join(site, ".interlock"));
    if (!reader.ok) throw new Error(reader.error.message);
    const history = checkHistory(reader.value, server, said);
    reader.value.close();
    const violations = isAtRest
      ? history.violations
      : [...history.violations, `I21: the last engine did not bring every run to rest within ${drainMs / 1_000} s`];
    return { ...history, violations, cycles: options.cycles, seconds: (performance.now() - startedMs) / 1_000 };
  } finally {
    await server.close();
    if (options.keep !== true) rmSync(site, { recursive: true, force: true });
  }
}

function startWorker(
  options: { readonly site: string; readonly mode: "work" | "drain"; readonly seed: number },
  said: Said[],
): { readonly child: ChildProcess; readonly failed: Promise<never> } {
  const child = spawn(process.execPath, [workerScript, options.site, options.mode, String(options.seed)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_COMPILE_CACHE: join(options.site, "compiled") },
  });
  const failed = new Promise<never>((_, reject) =>
    child.once("exit", (code) => reject(new Error(`a worker ended by itself with code ${String(code)}`))),
  );
  // Every worker exits one way or another. Only code that waits for its work has to know.
  failed.catch(() => undefined);
  createInterface({ input: child.stdout }).on("line", (line) => {
    // A line that the kill cut off was not said in full.
    if (line.endsWith("}")) said.push(JSON.parse(line) as Said);
  });
  return { child, failed };
}

/** Resolves once this many more requests have come in. */
async function requests(server: EffectServer, count: number): Promise<void> {
  const until = server.requestCount() + count;
  while (server.requestCount() < until) await sleep(2);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) throw new Error(`a worker ended by itself with code ${child.exitCode}`);
  // "close" comes after the last line was read; "exit" may come before.
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
}

/** Lets a worker finish; `false` if it does not. */
async function drain(child: ChildProcess): Promise<boolean> {
  const closed = once(child, "close");
  const timer = setTimeout(() => child.kill("SIGKILL"), drainMs);
  const [code] = (await closed) as [number | null];
  clearTimeout(timer);
  if (code !== 0 && code !== null) throw new Error(`the last worker ended with code ${code}`);
  return code === 0;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
