// docs/compatibility.md is held against the readers: what they take for optional, and which formats there are.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Approval } from "../src/core/approval/approval.ts";
import { parseApproval } from "../src/core/approval/parse-approval.ts";
import { readPlan } from "../src/core/plan/read-plan.ts";
import { readEvent } from "../src/core/run/words/read-event.ts";
import { digest } from "../src/core/value/digest.ts";
import type { JsonValue } from "../src/core/value/json-value.ts";
import type { LogExportHeader } from "../src/log/export-log.ts";
import { parseControl } from "../src/owner/control/parse-control.ts";
import { damagesOf, type Full } from "./support/damage-document.ts";
import { fullEvents, isFreeInEvent } from "./support/full-events.ts";
import { fullPlan, isFreeInPlan } from "./support/full-plan.ts";
import { isTest, root, sourcesBelow } from "./support/sources.ts";

const page = readFileSync(join(root, "docs/compatibility.md"), "utf8");

function stored(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}

/** The fields that a reader does without, with `*` for every index. */
function optionalFields(
  document: unknown,
  reads: (document: JsonValue) => boolean,
  isFree?: (pointer: string) => boolean,
): readonly string[] {
  const found = [...damagesOf(stored(document), isFree)].flatMap(({ name, kind, document: damaged }) =>
    kind === "missing field" && reads(damaged) ? [name.replace("missing field ", "").replace(/\/\d+/g, "/*")] : [],
  );
  return [...new Set(found)];
}

const some = digest("interlock.test/1", "some");
const approval: Full<Approval> = {
  format: "interlock.approval/3",
  approvalId: "ap_1",
  planHash: some,
  principal: { kind: "person", id: "ada", keyId: some },
  issuedAtMs: 1,
  expiresAtMs: 2,
  attended: true,
  solo: false,
  typedTargets: ["box/a"],
  intentDigest: some,
  roster: some,
  role: "operator",
  storeId: "st_1",
  place: { path: "/site/.interlock", file: "4711" },
};
const { place: _, ...withoutPlace } = approval;
const answer = {
  format: "interlock.control/1",
  input: {
    kind: "answer",
    runId: "run_1",
    stepId: "a",
    answer: "approved",
    by: { kind: "person", id: "ada", keyId: null },
    reason: "go on",
    signed: { payloadType: "application/vnd.in-toto+json", payload: "e30=", signatures: [{ keyid: "k", sig: "s" }] },
  },
};
/** Required ones are those that a header without a store's id has. */
const header: Full<LogExportHeader> = { format: "interlock.log/1", length: 1, head: some, storeId: "st_1" };
const bareHeader: LogExportHeader = { format: "interlock.log/1", length: 1, head: some };

/** Rows of the page's table of optional fields: `document field`. */
function rowsOf(): readonly string[] {
  const table = page.slice(page.indexOf("## Optional fields"), page.indexOf("## Places kept"));
  return [...table.matchAll(/^\| (.+?) \| `(\/\S+)`(?: of `answer`)? \|/gm)].map(
    ([, document = "", field = ""]) => `${document.replaceAll("`", "")} ${field}`,
  );
}

describe("docs/compatibility.md", () => {
  it("has a row for every field that a reader does without, and for no other", () => {
    const ofEvents = fullEvents.flatMap((event) =>
      optionalFields(event, (document) => readEvent(document).ok, isFreeInEvent).map((field) =>
        field.endsWith("/problem/next")
          ? "any event with a problem /problem/next"
          : /\/facts\/(?:\d+|\*)\/why$/.test(field)
            ? "any event with an object that was read /facts/*/why"
            : `event ${event.kind} ${field}`,
      ),
    );
    const found = [
      ...optionalFields(fullPlan, (document) => readPlan(document).ok, isFreeInPlan).map((field) =>
        field.endsWith("/wave") ? `interlock.plan/1, interlock.plan/2 ${field}` : `interlock.plan/2 ${field}`,
      ),
      ...optionalFields(approval, (document) => parseApproval(document).ok).map(
        (field) => `interlock.approval/2, interlock.approval/3 ${field}`,
      ),
      ...optionalFields({ ...withoutPlace, format: "interlock.approval/2" }, (document) => parseApproval(document).ok)
        .filter((field) => field === "/storeId")
        .map((field) => `interlock.approval/2 ${field}`),
      ...ofEvents,
      ...optionalFields(answer, (document) => parseControl(JSON.stringify(document)).ok).map(
        (field) => `interlock.control/1 ${field}`,
      ),
      ...Object.keys(header).flatMap((field) => (field in bareHeader ? [] : [`interlock.log/1, first line /${field}`])),
    ];

    expect([...new Set(found)].toSorted()).toEqual(rowsOf().toSorted());
  });

  it("names every format and version that the sources name", () => {
    const sources = ["src", "verifier"]
      .flatMap((folder) => sourcesBelow(folder))
      .filter(({ path }) => !isTest(path) && !/-contract\.ts$/.test(path));
    const formats = new Set(sources.flatMap(({ text }) => text.match(/\binterlock\.[a-z-]+\/\d+/g) ?? []));

    expect([...formats].filter((format) => !page.includes(`\`${format}\``)).toSorted()).toEqual([]);
    expect(formats.size).toBeGreaterThan(80);
  });

  it("names no format that the sources do not name", () => {
    const sources = ["src", "verifier"].flatMap((folder) => sourcesBelow(folder)).map(({ text }) => text);
    const named = new Set(page.match(/\binterlock\.[a-z-]+\/\d+/g));

    expect([...named].filter((format) => !sources.some((text) => text.includes(format)))).toEqual([]);
  });
});
