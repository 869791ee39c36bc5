// Runs whose target goes away, and ports that never answer: every call of the door comes back, and names somebody.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectors } from "../../src/connectors/index.ts";
import { ok } from "../../src/core/value/result.ts";
import type { Connector, Interlock, InterlockPorts, RunView } from "../../src/interlock.ts";
import { PortSite } from "./port-site.fixture.ts";
import { codeOf, value } from "./site.fixture.ts";

let door: PortSite;
beforeEach(async () => {
  door = await new PortSite().begin();
});
afterEach(() => door.remove());

/** A clock that runs so much faster than this machine's that the file system is still quick in its time. */
function hurriedClock(factor = 40): NonNullable<InterlockPorts["clock"]> {
  const beganMs = Date.now();
  const passedMs = (): number => (performance.now() - zeroMs) * factor;
  const zeroMs = performance.now();
  return {
    nowMs: () => beganMs + Math.floor(passedMs()),
    monotonicMs: passedMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms / factor);
        const stop = (): void => {
          clearTimeout(timer);
          resolve();
        };
        if (signal.aborted) stop();
        signal.addEventListener("abort", stop, { once: true });
      }),
  };
}

const file = connectors.get("file") ?? expect.fail("there is a connector for files");

/** The connector for files. Once something was written, this comes in place of every answer. */
function goneAfterWriting(instead: Connector["perform"], options: { readonly isAcknowledged: boolean }): Connector {
  let isGone = false;
  return {
    ...file,
    perform: async (request) => {
      if (isGone) return instead(request);
      if (request.access === "read") return file.perform(request);
      isGone = true;
      const reply = await file.perform(request);
      return options.isAcknowledged ? reply : instead(request);
    },
  };
}

async function rest(site: Interlock, plan: string): Promise<RunView> {
  const run = await value(site.apply({ plan }));
  const rested = await value(run.atRest());
  return rested.kind === "at_rest" ? rested.view : expect.fail("nobody let go of it");
}

const refused: Connector["perform"] = async () => ({
  kind: "not_sent",
  problem: { code: "E_TARGET_UNREACHABLE", pointer: "", message: "connection refused", hint: "" },
});
const never = () => new Promise<never>(() => undefined);

describe("a run whose action says how late it may land", () => {
  it.each<[string, Connector["perform"], boolean]>([
    ["acknowledges and then refuses every connection", refused, true],
    ["acknowledges and then hangs", never, true],
    ["never answers at all", never, false],
  ])("comes back with a step in doubt and a person's name when its target %s", async (_, instead, isAcknowledged) => {
    const plan = await door.approved();
    const connector = goneAfterWriting(instead, { isAcknowledged });
    const site = await door.open({ clock: hurriedClock(), connectors: new Map([["file", connector]]) });

    const view = await rest(site, plan);

    expect(view.steps.map(({ status }) => status)).toContain("in_doubt");
    expect(view.waitingFor).toMatchObject([{ kind: "person", owner: "rita" }]);
  });

  it("names the connector that never answered", async () => {
    const plan = await door.approved();
    const connector = goneAfterWriting(never, { isAcknowledged: false });
    const site = await door.open({ clock: hurriedClock(), connectors: new Map([["file", connector]]) });

    const [wait] = (await rest(site, plan)).waitingFor;

    expect(wait?.reason).toContain("the connector `file` does not answer, 10000 ms after the");
  });
});

describe("a port that never answers", () => {
  it("does not keep `plan` or `examine` waiting: a connector", async () => {
    const site = await door.open({
      clock: hurriedClock(),
      connectors: new Map([["file", { ...file, perform: never }]]),
    });
    await value(site.trust());

    const planned = await site.plan(door.request());
    const findings = await value(site.examine({ nodeVersion: process.versions.node }));

    expect(codeOf(planned)).toBe("E_OBSERVE");
    expect(JSON.stringify(findings)).toContain("the connector `file` does not answer");
  });

  it("does not keep `approve` waiting: a signer", async () => {
    await value(door.plan(await door.open()));
    const site = await door.open({ clock: hurriedClock(10_000) });
    const rita = await value(
      site.signer({ as: null, askPassphrase: async () => ok(null), onMistyped: () => undefined }),
    );

    const approved = await site.approve(
      { plan: "last", typedTargets: ["config.log_level config/app", "config.workers config/app"], validForMs: null },
      { ...rita, sign: never },
    );

    expect(codeOf(approved)).toBe("E_SIGNER_FAILED");
    expect(JSON.stringify(approved)).toContain("the signer did not answer within 610000 ms");
  });
});
