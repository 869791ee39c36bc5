import { describe, expect, it } from "vitest";
import { codes } from "../../core/value/codes.ts";
import { digestText } from "../../core/value/digest.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import { leavesOf } from "./describe-commands.ts";
import { createProgram } from "./main.ts";
import { wordNext } from "./word-next.ts";

const plan = digestText("interlock.plan/1", "a plan");

/** Every next step, once with nothing named and once with everything; the type refuses a list that leaves one out. */
const steps: { readonly [Do in NextStep["do"]]: readonly Extract<NextStep, { readonly do: Do }>[] } = {
  read_help: [{ do: "read_help" }],
  init: [{ do: "init" }],
  trust: [{ do: "trust" }],
  create_identity: [{ do: "create_identity" }],
  list_identities: [{ do: "list_identities" }],
  plan: [{ do: "plan" }, { do: "plan", input: "version" }],
  show_plan: [{ do: "show_plan" }, { do: "show_plan", plan }],
  approve: [{ do: "approve" }, { do: "approve", plan }],
  approve_naming_targets: [{ do: "approve_naming_targets" }, { do: "approve_naming_targets", plan }],
  apply: [{ do: "apply" }, { do: "apply", plan }],
  grant: [{ do: "grant" }],
  list_grants: [{ do: "list_grants" }],
  list_runs: [{ do: "list_runs" }],
  list_plans: [{ do: "list_plans" }],
  watch: [{ do: "watch" }, { do: "watch", run: "run_1" }],
  explain: [{ do: "explain" }, { do: "explain", run: "run_1" }],
  resume: [{ do: "resume" }, { do: "resume", run: "run_1" }],
  resolve: [{ do: "resolve" }, { do: "resolve", run: "run_1", step: "a", as: "applied" }],
  answer: [{ do: "answer" }, { do: "answer", run: "run_1", step: "ask" }],
  stop: [{ do: "stop" }, { do: "stop", run: "run_1" }],
  close: [{ do: "close" }, { do: "close", run: "run_1" }],
  list_inbox: [{ do: "list_inbox" }],
  acknowledge: [{ do: "acknowledge" }, { do: "acknowledge", notification: "ntf_1" }],
  deliver_notifications: [{ do: "deliver_notifications" }],
  show_locks: [{ do: "show_locks" }],
  unfreeze: [{ do: "unfreeze" }, { do: "unfreeze", scope: "host/h1" }],
  list_trust: [{ do: "list_trust" }],
  accept_log: [{ do: "accept_log" }],
  anchor_clock: [{ do: "anchor_clock" }],
  test_action: [{ do: "test_action" }, { do: "test_action", action: "config.workers" }],
  decide: [{ do: "decide" }, { do: "decide", situation: "situation.yaml" }],
  verify_log: [{ do: "verify_log" }],
  archive_bodies: [{ do: "archive_bodies" }],
  list_archives: [{ do: "list_archives" }],
  upgrade_store: [{ do: "upgrade_store" }],
  restore_bodies: [{ do: "restore_bodies" }, { do: "restore_bodies", run: "run_1" }],
};

describe("the command for a next step", () => {
  it("is one that the program has, with options that it knows", async () => {
    const leaves = leavesOf(
      await createProgram(() => Promise.resolve(), { out: () => undefined, err: () => undefined }),
    );
    const unknown = Object.values(steps)
      .flat()
      .map((step) => wordNext({ program: "interlock" }, step))
      .filter((line) => {
        const leaf = leaves.find(({ name }) => `${line} `.startsWith(`interlock ${name} `));
        const options = line.match(/--\w+/g) ?? [];
        return leaf === undefined || !options.every((flag) => leaf.command.options.some(({ long }) => long === flag));
      });

    expect(unknown).toEqual(["interlock help"]);
  });

  it("begins as the user begins a command, names what is at hand, and quotes what a shell would misread", () => {
    const word = (next: NextStep): string => wordNext({ program: "npx interlock" }, next);

    expect(word({ do: "approve", plan })).toBe(`npx interlock approve pl_${plan.slice(7, 19)}`);
    expect(word({ do: "resume", run: "a b'; rm -rf ~" })).toBe("npx interlock resume 'a b'\\''; rm -rf ~'");
    expect(word({ do: "unfreeze", scope: "*" })).toBe("npx interlock unfreeze '*'");
  });
});

describe("the core's hints", () => {
  it("name no command: a face words the next step", () => {
    const spoken = Object.entries(codes).filter(([, { hint }]) => /\binterlock [a-z]|`--/.test(hint));

    expect(spoken).toEqual([]);
  });
});
