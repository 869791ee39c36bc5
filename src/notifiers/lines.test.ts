import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Notification } from "../ports.ts";
import { linesNotifier } from "./lines.ts";

const notification: Notification = {
  format: "interlock.notification/1",
  id: "ntf_1",
  deliveryId: "ntf_1.1.1",
  kind: "incident_closed",
  subject: "inc_1",
  owner: null,
  summary: "the incident inc_1 is closed",
  text: [],
  next: [],
  escalation: { step: 1, round: 1 },
  atMs: 1,
};
const line = `${JSON.stringify(notification)}\n`;
const { signal } = new AbortController();
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lines-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("a file is made for its owner alone, grows by a line, and may be moved away between two lines", async () => {
  const file = join(folder, "notifications.jsonl");
  const notifier = linesNotifier("log", { file });

  await notifier.notify(notification, signal);
  await notifier.notify(notification, signal);
  renameSync(file, `${file}.1`);
  await notifier.notify(notification, signal);

  expect(readFileSync(`${file}.1`, "utf8")).toBe(line + line);
  expect(readFileSync(file, "utf8")).toBe(line);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it("a pipe that nobody reads fails at once, and does not hold the caller", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);

  const told = await linesNotifier("log", { file: pipe }).notify(notification, signal);

  expect(told).toMatchObject({
    ok: false,
    error: { message: "the notifier `log` cannot write its line (ENXIO)" },
  });
});

it("a stream that has ended fails, and ends nothing else", async () => {
  const stream = new PassThrough();
  const notifier = linesNotifier("log", { stream });
  stream.end();

  expect(await notifier.notify(notification, signal)).toMatchObject({ ok: false });
  stream.destroy();
  expect(await notifier.notify(notification, signal)).toMatchObject({ ok: false });
});
