// Connectors of one's own that answer badly. Their run is in doubt; the store, its owner and later work are not.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectors } from "../../src/connectors/index.ts";
import { type Connector, type Interlock, problem } from "../../src/interlock.ts";
import { PortSite } from "./port-site.fixture.ts";
import { codeOf, value } from "./site.fixture.ts";

let door: PortSite;
beforeEach(async () => {
  door = await new PortSite().begin();
});
afterEach(() => door.remove());

/** The site through a connector that does as the built-in one does and then answers with something else. */
async function siteAnswering(operation: string, answer: (reply: object) => unknown): Promise<Interlock> {
  const file = connectors.get("file");
  if (file === undefined) throw new Error("there is a file connector");
  const connector: Connector = {
    ...file,
    perform: async (request) => {
      const reply = await file.perform(request);
      // The types forbid such an answer; JavaScript does not.
      return request.operation === operation ? (answer(reply) as typeof reply) : reply;
    },
  };
  return door.open({ connectors: new Map([["file", connector]]) });
}

const answers: readonly (readonly [string, (reply: object) => unknown])[] = [
  ["nothing", () => undefined],
  ["a field that is undefined", (reply) => ({ ...reply, output: { etag: undefined } })],
  ["half a surrogate pair", (reply) => ({ ...reply, output: "\ud800" })],
  ["a problem that is null", () => ({ kind: "rejected", problem: null, retryable: false })],
  ["a code of its own", () => ({ kind: "rejected", problem: { ...problem("E_USAGE", "", "no"), code: "E_MINE" } })],
];

describe("a connector that answers a write with", () => {
  it.each(answers)("%s leaves its run to be verified by reading, and can be told of", async (_, answer) => {
    const plan = await door.approved();
    const site = await siteAnswering("edit", answer);

    const run = await value(site.apply({ plan }));
    const rest = await value(run.atRest());

    // The write is there, and the reading shows it.
    expect(rest).toMatchObject({ kind: "at_rest", view: { outcome: "succeeded" } });
    expect((await value(site.explain({ run: run.runId }))).outcome).toBe("succeeded");
    expect(codeOf(await site.operate({ do: "freeze", scope: "*", reason: "" }))).toBe("ok");
    expect(codeOf(await site.verify({ archive: null }))).toBe("ok");
  });
});

describe("a connector that answers a read with", () => {
  it.each(answers)("%s lets nothing be planned, and says which connector it is", async (_, answer) => {
    const site = await siteAnswering("read", answer);

    const planned = await door.plan(site);

    expect(codeOf(planned)).toBe("E_OBSERVE");
    expect(JSON.stringify(planned)).toContain("`file`");
  });
});
