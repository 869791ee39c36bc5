import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readIni } from "../../src/connectors/file/edit-ini.ts";
import { readReply } from "../../src/connectors/http/read-reply.ts";
import { mangle } from "../../src/connectors/mangle-json.ts";
import { readAnsweredJson } from "../../src/connectors/read-answer.ts";
import { checkDomain } from "../../src/core/domain/check-domain.ts";
import { parseDomain } from "../../src/core/domain/parse-domain.ts";
import { bodyDomain } from "../../src/core/log/chain.ts";
import { draftPlan } from "../../src/core/plan/compile/compile.ts";
import { parseProposal, readProposal } from "../../src/core/plan/wire/parse-proposal.ts";
import { canonicalText } from "../../src/core/value/canonical.ts";
import { codes, type Problem, problem } from "../../src/core/value/codes.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import type { Result } from "../../src/core/value/result.ts";
import type { RngCursor } from "../../src/core/value/rng.ts";
import { testSite } from "../../src/engine/engine.fixture.ts";
import { parseAlert } from "../../src/flow/respond/parse-alert.ts";
import { receiveAlerts } from "../../src/flow/respond/receive-alert.ts";
import { readArchive, writeArchive } from "../../src/log/retention/archive-file.ts";
import { textDigest } from "../../src/log/seal.ts";
import { cassetteLine, parseCassette } from "../../src/models/cassette.ts";
import { sendControl } from "../../src/owner/control/client.ts";
import { parseControl } from "../../src/owner/control/parse-control.ts";
import { listenControl } from "../../src/owner/control/server.ts";
import { readSituation } from "../../src/packs/read-situation.ts";
import { readYamlBytes } from "../../src/packs/read-yaml-file.ts";
import { parseSiteConfig } from "../../src/packs/site-config.ts";
import { readReply as guardedReply } from "../../src/ports/guard-connector.ts";
import { testConnectors } from "../support/connector-traits.ts";
import { literal, proposalOf, requestOf, step } from "../support/proposals.ts";
import type { FuzzTarget, OpenTarget } from "./fuzz.ts";
import { mutateDocument, mutateText } from "./mutate.ts";

const root = new URL("../../", import.meta.url);
const fileOf = (path: string): string => readFileSync(new URL(path, root), "utf8");

/** A refusal says what it is, by a known code, in a message for a person. */
function checkRefusal<T>(
  read: Result<T, readonly Problem[] | Problem>,
): read is { readonly ok: true; readonly value: T } {
  if (read.ok) return true;
  const problems = [read.error].flat();
  assert.ok(problems.length > 0, "a refusal has a problem");
  for (const { code, message } of problems) {
    assert.ok(Object.hasOwn(codes, code), `${code} is no code`);
    assert.ok(code !== "E_INTERNAL" && message !== "" && message.length < 20_000, `${code} ${message.slice(0, 200)}`);
  }
  return false;
}

/** A target that holds nothing. */
function pure(name: string, play: OpenTarget["play"]): FuzzTarget {
  return { name, open: async () => ({ play, close: async () => undefined }) };
}

function pick<T>(rng: RngCursor, items: readonly T[]): T {
  const item = items[rng.below(items.length)];
  assert.ok(item !== undefined, "there is something to pick");
  return item;
}

// ------------------------------------------------------------------------------------------------------------- alert

const firing = { status: "firing", labels: { alertname: "A", service: "s" }, annotations: { summary: "x" } };
const alerts: readonly JsonValue[] = [
  { version: "4", groupKey: "k", status: "firing", alerts: [{ ...firing, status: "resolved" }, firing] },
  { version: "4", status: "resolved", groupLabels: { s: "x" }, alerts: [firing], truncatedAlerts: 0 },
  firing,
];

const alert: FuzzTarget = {
  name: "alert",
  open: async () => {
    const receiver = await receiveAlerts(0, null);
    assert.ok(receiver.ok);
    const { port } = receiver.value;
    return {
      play: async (rng) => {
        const bytes = mutateDocument(rng, pick(rng, alerts));
        if (rng.below(20) === 0) await sendRaw(port, rng, bytes);
        const read = parseAlert(bytes);
        if (!checkRefusal(read)) return false;
        const { key, name, status } = read.value;
        assert.ok(key !== "" && name !== "" && (status === "firing" || status === "resolved"), "an alert is whole");
        return true;
      },
      close: async () => {
        // Something fired on the way, perhaps. It still answers, one way or the other.
        receiver.value.accept();
        const body = JSON.stringify({ ...firing, labels: { alertname: "last" } });
        const { status } = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body });
        assert.ok(status === 202 || status === 503, `the webhook answers ${status}`);
        await receiver.value.close();
      },
    };
  },
};

/** A request as strangers send it: whole, broken off, with a wrong length, in pieces. */
function sendRaw(port: number, rng: RngCursor, body: Buffer): Promise<void> {
  const length = pick(rng, [body.length, body.length + 9, Math.max(0, body.length - 3), -1, 2 ** 40]);
  const head = `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`;
  return sendPieces({ port, host: "127.0.0.1" }, rng, Buffer.concat([Buffer.from(mutateHead(rng, head)), body]));
}

function mutateHead(rng: RngCursor, head: string): string {
  return rng.below(3) === 0 ? mutateText(rng, head) : head;
}

function sendPieces(to: { readonly port: number; readonly host: string } | string, rng: RngCursor, bytes: Buffer) {
  return new Promise<void>((resolve) => {
    const socket = typeof to === "string" ? connect(to) : connect(to);
    socket.on("error", () => socket.destroy()).on("close", () => resolve());
    const cut = rng.below(bytes.length + 1);
    socket.write(bytes.subarray(0, cut));
    if (rng.below(2) === 0)
      return void socket.write(bytes.subarray(cut), () =>
        typeof to === "string" ? socket.destroy() : socket.resetAndDestroy(),
      );
    socket.end(bytes.subarray(cut), () => setImmediate(() => socket.destroy()));
  });
}

// ------------------------------------------------------------------------------------------------------------ socket

const by = { kind: "person", id: "alice", keyId: null };
const inputs: readonly JsonValue[] = [
  { kind: "stop", runId: "run_1", by, reason: "enough" },
  { kind: "resolve", runId: "run_1", stepId: "a", as: "applied", by, reason: "seen" },
  { kind: "freeze", runId: null, scope: "*", by, reason: "audit" },
  { kind: "apply", planHash: `sha256:${"0".repeat(64)}`, by },
  {
    kind: "record",
    events: [{ kind: "approval_rejected", runId: null, planHash: `sha256:${"1".repeat(64)}`, by, reason: "no" }],
    documents: [{ digest: `sha256:${"2".repeat(64)}`, value: { any: ["json"] } }],
  },
  { kind: "restore_bodies", archivePath: "/a", by, reason: "asked" },
  { kind: "measure", by },
];

const socket: FuzzTarget = {
  name: "socket",
  open: async () => {
    const folder = mkdtempSync(join(tmpdir(), "interlock-fuzz-"));
    const path = join(folder, "control.sock");
    const site = testSite();
    const server = await listenControl(path, site.engine, {
      clock: site.clock,
      permit: () => ({ kind: "permit", policies: null, reason: "" }),
      prepare: () => Promise.resolve({ ok: false, error: problem("E_STORE_LOCKED", "", "busy") }),
      maintain: () => Promise.resolve({ ok: true, value: {} }),
      hear: (input) => Promise.resolve({ ok: true, value: input }),
    });
    assert.ok(server.ok);
    return {
      play: async (rng) => {
        const line = mutateDocument(rng, { format: "interlock.control/1", input: pick(rng, inputs) });
        if (rng.below(20) === 0) await sendPieces(path, rng, Buffer.concat([line, Buffer.from("\n")]));
        return checkRefusal(parseControl(line.toString("utf8")));
      },
      close: async () => {
        const answer = await sendControl(path, { kind: "measure", by: { kind: "person", id: "a", keyId: null } });
        assert.equal(JSON.stringify(answer), '{"ok":true,"value":{"events":[],"value":{}}}');
        await server.value.close();
        await site.engine.close({ patienceMs: 0 });
        rmSync(folder, { recursive: true });
      },
    };
  },
};

// ----------------------------------------------------------------------------------------------------------- archive

const archive: FuzzTarget = {
  name: "archive",
  open: async () => {
    const folder = mkdtempSync(join(tmpdir(), "interlock-fuzz-"));
    const bodies = ['{"kind":"a"}', "{}", '{"text":"größe\\u0000"}'].map((text, index) => ({
      seq: index + 7,
      body: textDigest(bodyDomain, text),
      text,
    }));
    const written = writeArchive(folder, bodies);
    assert.ok(written.ok);
    const text = readFileSync(written.value.path, "utf8");
    const path = join(folder, "changed.jsonl");
    return {
      play: async (rng) => {
        const changed = rng.below(50) === 0 ? text : mutateText(rng, text);
        writeFileSync(path, changed);
        const read = await readArchive(path);
        if (!checkRefusal(read)) return false;
        // What is taken is what its own digests say, and only the text that was written has the digest that was.
        for (const body of read.value.bodies) assert.equal(textDigest(bodyDomain, body.text), body.body);
        assert.equal(read.value.digest === written.value.digest, Buffer.from(changed).equals(Buffer.from(text)));
        return true;
      },
      close: async () => rmSync(folder, { recursive: true }),
    };
  },
};

// ---------------------------------------------------------------------------------------------------------- proposal

const proposals = [
  proposalOf([step("s1", { action: "k8s.scale", args: [literal("deploy", "web"), literal("replicas", 3)] })]),
  proposalOf(
    [
      step("p", { kind: "probe", action: "k8s.load", args: [literal("deploy", "web")] }),
      step("s", {
        action: "k8s.scale",
        args: [literal("deploy", "web"), literal("replicas", 2)],
        after: ["p"],
        when: "p == 'idle'",
      }),
    ],
    { goal: "deploy['web'].ready", summary: "scale" },
  ),
];

const proposal = pure("proposal", (rng) => {
  // A proposal is plain data.
  const bytes = mutateDocument(rng, pick(rng, proposals) as unknown as JsonValue);
  const read = parseProposal(bytes);
  if (!checkRefusal(read)) return false;
  const again = readProposal(JSON.parse(canonicalText(read.value as unknown as JsonValue)));
  assert.deepEqual(again, read, "a proposal is read back as it was read");
  return checkRefusal(draftPlan(requestOf(read.value)));
});

// -------------------------------------------------------------------------------------------------------------- pack

const packs = ["packs/config-file/domain.yaml", "packs/web-service/domain.yaml", "test/hostile/pack/domain.yaml"];
const situation = "packs/web-service/situations/latency-spike.yaml";
const siteConfig = "examples/web-service/interlock.yaml";

const pack = pure("pack", (rng) => {
  const kind = rng.below(6);
  const path = kind === 0 ? situation : kind === 1 ? siteConfig : pick(rng, packs);
  const bytes = Buffer.from(mutateText(rng, textOf(path)));
  if (kind === 0) return checkRefusal(readSituation(bytes));
  const yaml = readYamlBytes(bytes, path);
  if (!checkRefusal(yaml)) return false;
  const value = rng.below(3) === 0 ? mangle(rng, yaml.value.value) : yaml.value.value;
  if (kind === 1) return checkRefusal(parseSiteConfig(value));
  const domain = parseDomain(value);
  if (!checkRefusal(domain)) return false;
  const problems = checkDomain(domain.value, testConnectors);
  return problems.length === 0 || checkRefusal({ ok: false, error: problems });
});

const texts = new Map<string, string>();
function textOf(path: string): string {
  const text = texts.get(path) ?? fileOf(path);
  texts.set(path, text);
  return text;
}

// ---------------------------------------------------------------------------------------------------------- cassette

const request = textDigest("interlock.request/1", "x");

const cassette = pure("cassette", (rng) => {
  const use = pick(rng, ["proposal", "judgement"] as const);
  const lines = Array.from({ length: 1 + rng.below(4) }, (_, index) =>
    cassetteLine(use, { request, model: `m${index}`, text: "größe\u0000\ud800" }),
  ).join("");
  const read = parseCassette(use, rng.below(20) === 0 ? lines : mutateText(rng, lines));
  if (!checkRefusal(read)) return false;
  // What was taken can be recorded, and is then the same.
  const again = read.value.entries
    .filter((entry) => entry.request !== "any")
    .map((entry) => cassetteLine(use, { ...entry, request: entry.request === "any" ? request : entry.request }));
  assert.ok(checkRefusal(parseCassette(use, again.join(""))), "what was read can be written and read again");
  return true;
});

// ------------------------------------------------------------------------------------------------------------ answer

const bodies: readonly JsonValue[] = [
  { id: 7, items: [{ name: "a", size: 1.5 }], ok: true },
  [1, 2, { deep: [[[[]]]] }],
  "text",
];
const ini = '; a file\n[server]\nworkers = 4\nname="x y"\n\n[other]\nempty =\n';

const answer = pure("answer", (rng) => {
  if (rng.below(4) === 0) {
    const read = readIni(mutateText(rng, ini));
    if (read.ok) canonicalText(read.value);
    return read.ok;
  }
  const bytes = mutateDocument(rng, pick(rng, bodies));
  const json = readAnsweredJson(bytes);
  if (json.ok) canonicalText(json.value);
  const reply = readReply(
    {
      kind: "answered",
      status: pick(rng, [200, 201, 204, 206, 302, 304, 400, 409, 412, 429, 500, 503, 100, 999]),
      headers: {
        "content-type": pick(rng, ["application/json", "text/plain; charset=latin1", mutateText(rng, "text/html"), ""]),
        etag: mutateText(rng, '"7"'),
        "retry-after": mutateText(rng, "3"),
      },
      body: { kind: "whole", bytes },
    },
    {
      access: pick(rng, ["read", "write"] as const),
      accept: [],
      isKeyed: rng.below(2) === 0,
      isWeak: rng.below(2) === 0,
    },
  );
  // What a target says can always be recorded.
  canonicalText(reply as unknown as JsonValue);
  const guarded = guardedReply(reply, 1_000_000);
  assert.ok(guarded.ok, guarded.ok ? "" : guarded.error);
  return reply.kind === "applied";
});

/** The ways in, by name. */
export const fuzzTargets: readonly FuzzTarget[] = [alert, socket, archive, proposal, pack, cassette, answer];
