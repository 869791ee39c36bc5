/*
 * Tells 10,000 notifications to a receiver that is down, slow, cuts the line, keeps what it gets and answers 500, or
 * never answers, while the process that delivers is killed again and again. Counts what was lost: nothing may be. A
 * receiver that answers 200 and keeps nothing cannot be told from one that keeps it, so it is not played.
 *
 *     npm run notify:soak -- [--count N] [--seed N]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readArgs } from "../../simulation/script-options.ts";
import { kernelVersion } from "../../src/core/plan/plan-format.ts";
import { storedDocument } from "../../src/core/value/stored-document.ts";
import { systemClock } from "../../src/engine/clock.ts";
import { handoverFormat } from "../../src/flow/notify/handover-words.ts";
import { queueOf } from "../../src/flow/notify/queue.ts";
import { openInterlock } from "../../src/interlock.ts";
import { embeddedHome } from "../../src/log/sqlite/embedded-home.ts";
import { openOwner } from "../../src/owner/owner.ts";

const { values } = readArgs({
  options: { count: { type: "string", default: "10000" }, seed: { type: "string", default: "1" } },
});
const count = Number(values.count);
let state = Number(values.seed) * 2_654_435_761;

/** From 0 up to 1, the same for the same seed. */
function random(): number {
  state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) >>> 0;
  return state / 4_294_967_296;
}

type Mood = "well" | "was down" | "was slow" | "keeps and answers 500" | "keeps and cuts" | "cuts" | "never answers";
const moods: readonly Mood[] = [
  "was down",
  "was slow",
  "keeps and answers 500",
  "keeps and cuts",
  "cuts",
  "never answers",
];
const kept = new Map<string, number>();
const asked = new Map<Mood, number>();
let mood: Mood = "well";

function receive(request: IncomingMessage, response: ServerResponse): void {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("error", () => undefined);
  request.on("end", () => {
    asked.set(mood, (asked.get(mood) ?? 0) + 1);
    const keep = (): void => {
      const { id } = JSON.parse(body) as { readonly id: string };
      kept.set(id, (kept.get(id) ?? 0) + 1);
    };
    switch (mood) {
      case "well":
        keep();
        return void response.writeHead(204).end();
      case "was slow":
        keep();
        return void setTimeout(() => response.writeHead(204).end(), 200);
      case "keeps and answers 500":
        keep();
        return void response.writeHead(500).end();
      case "keeps and cuts":
        keep();
        return void request.socket.destroy();
      case "cuts":
      case "was down":
        return void request.socket.destroy();
      case "never answers":
    }
  });
}

async function value<T>(
  answer: Promise<{ readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }>,
): Promise<T> {
  const given = await answer;
  if (!given.ok) throw new Error(JSON.stringify(given.error));
  return given.value;
}

/** A site whose only notifier is the receiver, and its log with everything queued. */
async function prepare(folder: string, url: string): Promise<void> {
  const outside = await value(openInterlock({ config: null, store: join(folder, ".interlock") }));
  await value(outside.init({ folder, pack: "config-file" }));
  await outside.close();
  appendFileSync(
    join(folder, "interlock.yaml"),
    `\nnotifiers: ${JSON.stringify({ pager: { kind: "webhook", url, timeout: "1s" } })}\n`,
  );
  const site = await value(openInterlock({ config: join(folder, "interlock.yaml"), identities: join(folder, "keys") }));
  await value(site.trust());
  await site.close();
  const owner = await value(
    openOwner(embeddedHome(join(folder, ".interlock")), {
      connections: new Map(),
      clock: systemClock,
      resolveSecret: () => Promise.reject(new Error("nothing is secret here")),
      standing: async () => ({ kind: "permitted" }),
      release: kernelVersion,
      permit: () => ({ kind: "permit", policies: null, reason: "a soak" }),
    }),
  );
  for (let first = 0; first < count; first += 500) {
    const subjects = Array.from({ length: Math.min(500, count - first) }, (_, index) => `inc_${first + index}`);
    const queued = subjects.map((subject) => {
      const summary = `${subject} closed escalated`;
      const words = { summary, text: [], next: [], runIds: [], waitingRun: null, plan: null };
      const document = storedDocument(handoverFormat, { format: handoverFormat, ...words });
      const matter = {
        about: "incident_closed",
        subject,
        occasion: "",
        owner: "ada",
        handover: document.digest,
      } as const;
      return { events: queueOf(matter, ["pager"]), document };
    });
    await value(
      owner.engine.record(
        queued.flatMap(({ events }) => events),
        queued.map(({ document }) => document),
      ),
    );
  }
  await owner.close();
}

function startNotify(folder: string): ChildProcess {
  const bin = fileURLToPath(new URL("../../bin/interlock.js", import.meta.url));
  const env = { ...process.env, HOME: folder, INTERLOCK_IDENTITIES: join(folder, "keys"), INTERLOCK_ACTOR: "ada" };
  return spawn(process.execPath, [bin, "notify", "--watch"], { cwd: folder, env, stdio: "ignore" });
}

/** Changes the receiver's mood and kills the sender, until it has everything or is at its end. */
async function torment(folder: string, untilMs: number): Promise<number> {
  let killCount = 0;
  let sender = startNotify(folder);
  for (let phase = 0; kept.size < count && Date.now() < untilMs; phase += 1) {
    mood = phase % 2 === 0 ? "well" : (moods[Math.floor(random() * moods.length)] ?? "well");
    await sleep(500 + random() * 2_000);
    if (random() > 0.3) continue;
    await ended(sender, "SIGKILL");
    killCount += 1;
    sender = startNotify(folder);
  }
  mood = "well";
  await sleep(3_000);
  await ended(sender, "SIGINT");
  return killCount;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null) return;
  const over = new Promise((resolve) => child.once("close", resolve));
  child.kill(signal);
  await over;
}

/** How many deliveries the log says were made, and whether it is whole. */
async function account(folder: string): Promise<{ readonly recorded: number; readonly waiting: number }> {
  const site = await value(openInterlock({ config: join(folder, "interlock.yaml"), identities: join(folder, "keys") }));
  // What is left is told now, while the receiver is well.
  for (let round = 0; round < 60; round += 1) {
    const told = await value(site.notify({ stay: false, signal: new AbortController().signal }));
    if (told.undeliveredCount === 0) break;
    await sleep(1_000);
  }
  await value(site.verify({ archive: null }));
  let recorded = 0;
  await value(site.exportLog({ write: (line) => void (recorded += line.includes("notification_delivered") ? 1 : 0) }));
  const { items } = await value(site.inbox({ for: null }));
  await site.close();
  return { recorded, waiting: items.filter(({ kind }) => kind === "undelivered").length };
}

const folder = mkdtempSync(join(tmpdir(), "interlock-soak-"));
const server = createServer(receive);
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
const address = server.address();
const port = typeof address === "object" && address !== null ? address.port : 0;
try {
  await prepare(folder, `http://127.0.0.1:${port}/`);
  const startMs = Date.now();
  const killCount = await torment(folder, startMs + 15 * 60_000);
  const { recorded, waiting } = await account(folder);
  const seconds = Math.round((Date.now() - startMs) / 1_000);
  const times = [...kept.values()];
  const lost = count - kept.size;
  const again = times.reduce((sum, each) => sum + each - 1, 0);
  const calls = [...asked].map(([name, number]) => `${number} while it ${name === "well" ? "was well" : name}`);
  process.stdout.write(
    `${count} notifications in ${seconds} s, sender killed ${killCount} times\n` +
      `asked: ${calls.join(", ")}\n` +
      `lost ${lost}, told again under the same id ${again}\n` +
      `recorded as delivered ${recorded}, still waiting ${waiting}\n`,
  );
  process.exitCode = lost === 0 && waiting === 0 && recorded === count ? 0 : 1;
} finally {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
