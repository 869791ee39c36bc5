// Every notifier of this release, held against the one contract; then the contract, against notifiers that break it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { problem } from "../core/value/codes.ts";
import { fail, ok } from "../core/value/result.ts";
import type { Notification, Notifier } from "../ports.ts";
import { linesNotifier } from "./lines.ts";
import { attachedIn, startMailServer } from "./mail-server.fixture.ts";
import { type ArrangedNotifier, type NotifierArrangement, notifierContract } from "./notifier-contract.ts";
import { smtpNotifier } from "./smtp.ts";
import { webhookNotifier } from "./webhook.ts";
import { startWebhookServer } from "./webhook-server.fixture.ts";

async function webhookTo(answer: Parameters<typeof startWebhookServer>[0]): Promise<ArrangedNotifier> {
  const server = await startWebhookServer(answer);
  const url = `${server.url}/hooks/hunter2`;
  const made = webhookNotifier({ name: "pager", url, secret: "hunter2", timeoutMs: 10_000 });
  if (!made.ok) throw new Error(made.error);
  return {
    notifier: made.value,
    arrived: async () => server.asked.map(({ body }) => body),
    attemptCount: () => server.asked.length,
    close: server.close,
  };
}

const webhook: NotifierArrangement = {
  reaching: () => webhookTo((response) => response.writeHead(204).end()),
  failing: () => webhookTo((response) => response.writeHead(500).end("hunter2 is not welcome")),
  hanging: () => webhookTo(() => undefined),
  secret: "hunter2",
};

async function mailTo(answer: Parameters<typeof startMailServer>[0]): Promise<ArrangedNotifier> {
  const { port, mails, attemptCount, close } = await startMailServer(answer);
  const login = { user: "interlock", password: "hunter2" };
  const [from, to] = ["interlock@ops.example", "oncall@ops.example"];
  const way = { host: "127.0.0.1", port, tls: "none", login, from, to, timeoutMs: 10_000 } as const;
  return {
    notifier: smtpNotifier({ name: "mail", ...way }),
    arrived: async () => mails.map(attachedIn),
    attemptCount,
    close,
  };
}

const smtp: NotifierArrangement = {
  reaching: () => mailTo(() => null),
  failing: () => mailTo(() => new Error("hunter2 is not welcome")),
  hanging: () => mailTo(() => "never"),
  secret: "hunter2",
};

const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

async function fileIn(prepare: (path: string) => void): Promise<ArrangedNotifier> {
  const folder = mkdtempSync(join(tmpdir(), "notifiers-"));
  const file = join(folder, "notifications.jsonl");
  prepare(file);
  return {
    notifier: linesNotifier("log", { file }),
    arrived: async () => linesOf(readIfThere(file)),
    attemptCount: null,
    close: async () => rmSync(folder, { recursive: true }),
  };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

const file: NotifierArrangement = {
  reaching: () => fileIn(() => undefined),
  // A folder in its place cannot be written.
  failing: () => fileIn((path) => mkdirSync(path)),
  hanging: null,
  secret: null,
};

/** A stream that takes each chunk as told. */
async function streamOf(take: (done: (error?: Error) => void) => void): Promise<ArrangedNotifier> {
  const chunks: string[] = [];
  let attemptCount = 0;
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      attemptCount += 1;
      take((error) => {
        if (error === undefined) chunks.push(chunk.toString("utf8"));
        done(error);
      });
    },
  });
  return {
    notifier: linesNotifier("log", { stream }),
    arrived: async () => linesOf(chunks.join("")),
    attemptCount: () => attemptCount,
    close: async () => void stream.destroy(),
  };
}

const stream: NotifierArrangement = {
  reaching: () => streamOf((done) => done()),
  failing: () => streamOf((done) => done(new Error("the other end is gone"))),
  hanging: () => streamOf(() => undefined),
  secret: null,
};

for (const [name, arrangement] of Object.entries({
  webhook,
  smtp,
  "lines in a file": file,
  "lines on a stream": stream,
}))
  describe(name, () => {
    for (const { claim, check } of notifierContract(arrangement)) it(claim, check);
  });

describe("the contract notices a notifier that", () => {
  /** A notifier that tells a list, and what it may do wrong. */
  type Tell = (list: string[], notification: Notification, signal: AbortSignal) => ReturnType<Notifier["notify"]>;
  const good: Tell = async (list, notification, signal) => {
    if (signal.aborted) return fail(problem("E_NOTIFICATION_FAILED", "", "interrupted"));
    list.push(JSON.stringify(notification));
    return ok(undefined);
  };
  const refuse: Tell = async () => fail(problem("E_NOTIFICATION_FAILED", "", "nobody is there"));
  const arrange = (tell: Tell): (() => Promise<ArrangedNotifier>) => {
    return async () => {
      const list: string[] = [];
      let attemptCount = 0;
      const notify: Notifier["notify"] = (notification, signal) => {
        if (!signal.aborted) attemptCount += 1;
        return tell(list, notification, signal);
      };
      const notifier = { name: "list", notify };
      return { notifier, arrived: async () => list, attemptCount: () => attemptCount, close: async () => undefined };
    };
  };
  const bugs: readonly (readonly [bug: string, claim: string, bad: Partial<Record<"reaching" | "failing", Tell>>])[] = [
    [
      "sends twice",
      "a notification arrives once",
      { reaching: async (...told) => good(...told).then(() => good(...told)) },
    ],
    [
      "adds something",
      "a notification arrives once",
      { reaching: (list, notification, signal) => good(list, Object.assign({ host: "x" }, notification), signal) },
    ],
    [
      "changes what it is given",
      "a notification arrives once",
      { reaching: (list, notification, signal) => good(list, Object.assign(notification, { owner: null }), signal) },
    ],
    [
      "breaks lines",
      "one that holds odd texts",
      { reaching: async (list, notification) => ok(void list.push(JSON.stringify(notification, null, 2))) },
    ],
    [
      "drops some of many",
      "several at once",
      {
        reaching: (list, notification, signal) =>
          notification.subject === "run_07" ? Promise.resolve(ok(undefined)) : good(list, notification, signal),
      },
    ],
    [
      "throws",
      "a failure is a value",
      {
        failing: async () => {
          throw new Error("nobody is there");
        },
      },
    ],
    ["says that it delivered when it did not", "a failure is a value", { failing: async () => ok(undefined) }],
    [
      "tells its secret",
      "a failure is a value",
      { failing: async () => fail(problem("E_NOTIFICATION_FAILED", "", "https://host/hunter2 is not there")) },
    ],
    [
      "sends in spite of an interruption",
      "with an interruption",
      { reaching: (list, notification) => good(list, notification, new AbortController().signal) },
    ],
  ];

  it.each(bugs)("%s", async (_, beginning, bad) => {
    const arrangement: NotifierArrangement = {
      reaching: arrange(bad.reaching ?? good),
      failing: arrange(bad.failing ?? refuse),
      hanging: null,
      secret: "hunter2",
    };
    const claim = notifierContract(arrangement).find((one) => one.claim.startsWith(beginning));

    await expect(claim?.check()).rejects.toThrow();
  });
});
