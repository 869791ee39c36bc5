// Authorizers of one's own that answer badly. Nothing is done that they did not permit, no matter what they answer.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { problem } from "../../src/core/value/codes.ts";
import type { AuthorizationDecision, Authorizer } from "../../src/interlock.ts";
import { PortSite } from "./port-site.fixture.ts";
import { codeOf, value } from "./site.fixture.ts";

let door: PortSite;
beforeEach(async () => {
  door = await new PortSite().begin();
});
afterEach(() => door.remove());

const no = problem("E_NOT_PERMITTED", "", "no");
const permit: AuthorizationDecision = { kind: "permit", policies: null, reason: "" };

/** Answers that are no permit. A getter shows one kind to the first look and another to the second. */
const answers: Readonly<Record<string, () => unknown>> = {
  "a forbid without a problem": () => ({ kind: "forbid", policies: null, problem: null }),
  "a forbid with a problem of its own making": () => ({ kind: "forbid", problem: { code: "E_MINE", message: "" } }),
  "another kind": () => ({ kind: "deny", problem: null }),
  "another spelling": () => ({ kind: "PERMIT" }),
  "a list that spells permit": () => ({ kind: ["permit"] }),
  "a kind that it inherits": () => Object.create({ kind: "permit" }),
  nothing: () => undefined,
  null: () => null,
  true: () => true,
  "an empty object": () => ({}),
  "a promise of a permit": async () => permit,
  "a promise of a forbid": async () => ({ kind: "forbid", policies: null, problem: no }),
  "a promise that is rejected": async () => {
    throw new Error("s3cret");
  },
  "a kind that flips": () => {
    let looks = 0;
    return {
      get kind() {
        looks += 1;
        return looks === 1 ? "forbid" : "permit";
      },
      problem: null,
    };
  },
  "a proxy that throws": () =>
    new Proxy(
      {},
      {
        getOwnPropertyDescriptor: () => {
          throw new Error("s3cret");
        },
      },
    ),
};

// The types forbid such an answer; JavaScript does not.
const answering = (answer: () => unknown): Authorizer => ({ authorize: answer as Authorizer["authorize"] });

describe("an authorizer that answers with", () => {
  it.each(Object.entries(answers))("%s permits nothing", async (_, answer) => {
    const plan = await door.approved();
    const before = door.config();
    const site = await door.open({ authorizer: answering(answer) });

    const asked = [
      await site.operate({ do: "freeze", scope: "*", reason: "" }),
      await site.apply({ plan }),
      await site.trust(),
    ];

    expect(asked.map(codeOf)).toEqual(["E_NOT_PERMITTED", "E_NOT_PERMITTED", "E_NOT_PERMITTED"]);
    expect(JSON.stringify(asked)).not.toContain("s3cret");
    expect(door.config()).toBe(before);
  });

  it.each(Object.entries(answers))("%s once a run is under way withdraws it before it writes", async (_, answer) => {
    const plan = await door.approved();
    const before = door.config();
    let asked = 0;
    const site = await door.open({
      authorizer: answering(() => {
        asked += 1;
        return asked === 1 ? permit : answer();
      }),
    });

    const run = await value(site.apply({ plan }));
    const rest = await value(run.atRest());

    expect(asked).toBeGreaterThan(1);
    expect(rest).toMatchObject({ kind: "at_rest", view: { outcome: "escalated" } });
    expect(door.config()).toBe(before);
  });
});
