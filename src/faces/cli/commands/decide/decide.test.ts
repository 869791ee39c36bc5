import { describe, expect, it } from "vitest";
import { mergePolicy } from "../../../../core/belief/explain/merge.ts";
import { countPolicyNodes, type Policy } from "../../../../core/belief/policy.ts";
import { cardNames, readCard, readCardDocument } from "../../../../core/belief/situation/read-card.fixture.ts";
import { decideSituation } from "../../../../core/belief/solve/solve-limited.ts";
import { openInterlock } from "../../../../interlock.ts";
import { recordedContext } from "../../context.fixture.ts";
import { main } from "../../main.ts";
import { decideCommand, type Given } from "./command.ts";
import { walkDecision } from "./walk.ts";

const door = await openInterlock({ config: null });
if (!door.ok) throw new Error("the door does not open");
const interlock = door.value;

const asked: Given = { json: true, card: "-", observe: [], judge: [], heard: [], flips: 0 };

async function decideCard(card: unknown, given: Partial<Given> = {}) {
  const context = recordedContext({ stdin: JSON.stringify(card) });
  const exitCode = await decideCommand(context, interlock, null, { ...asked, ...given });
  return { exitCode, ...context.printed };
}

const walked = {
  situation: Buffer.from(JSON.stringify(readCardDocument("s1-latency-spike"))),
  mustBeCard: true,
  observations: [],
  judges: [],
  heard: [],
  as: null,
  isExplained: false,
  flipSolves: 0,
} as const;

interface Printed {
  readonly format: string;
  readonly value: number | null;
  readonly risk: number | null;
  readonly firstStep: string | null;
  readonly unlimited: { readonly value: number; readonly risk: number; readonly firstStep: string };
  readonly averagePlan: { readonly action: string; readonly value: number; readonly risk: number };
  readonly minimumRisk: number;
  readonly riskIfSensorsLie: number | null;
  readonly nodeCount: number | null;
}

describe("interlock decide --card FILE --json", () => {
  it.each(cardNames)(
    "prints the published optimum, limited and unlimited, and nothing beyond the fields scripts read: %s",
    async (name) => {
      const { answers } = readCard(name);
      const { exitCode, out, err } = await decideCard(readCardDocument(name));
      const printed = JSON.parse(out) as Printed;

      expect(exitCode).toBe(0);
      expect(err).toBe("");
      expect(Object.keys(printed)).toEqual([
        "format",
        "value",
        "risk",
        "firstStep",
        "unlimited",
        "averagePlan",
        "minimumRisk",
        "riskIfSensorsLie",
        "nodeCount",
        "handover",
        "limit",
        "limitGivenEvidence",
        "riskSpent",
        "ownRisk",
        "policy",
      ]);
      expect(out.startsWith('{\n  "format": "interlock.decision/1"')).toBe(true);
      expect(printed.value).toBeCloseTo(answers.constrained.EU, 6);
      expect(printed.risk).toBeCloseTo(answers.constrained.pCatastrophe, 6);
      expect(printed.firstStep).toBe(answers.constrained.first);
      expect(printed.nodeCount).toBe(answers.constrained.dagNodes);
      expect(printed.unlimited).toEqual({
        value: expect.closeTo(answers.unconstrained.EU, 6),
        risk: expect.closeTo(answers.unconstrained.pCatastrophe, 6),
        firstStep: answers.unconstrained.first,
      });
      expect(printed.averagePlan).toEqual({
        action: answers.averagePlan.action,
        value: expect.closeTo(answers.averagePlan.EU, 6),
        risk: expect.closeTo(answers.averagePlan.pCatastrophe, 6),
      });
      expect(printed.riskIfSensorsLie).toBeGreaterThanOrEqual(printed.risk ?? 1);
    },
  );

  it("adds everything else under `explanation`, and only when asked", async () => {
    const { out } = await decideCard(readCardDocument("s0-two-context"), { explain: true, flips: 20 });

    const keys = Object.keys(JSON.parse(out) as object);

    expect(keys.at(-1)).toBe("explanation");
    expect(keys).toHaveLength(16);
  });

  it("where nothing keeps the limit the decision is to hand over, marked so, and exits 14", async () => {
    const card = { ...(readCardDocument("s3-suspicious-host") as object), maxCatastropheProbability: 0.0001 };
    const { exitCode, out, err } = await decideCard(card);

    expect(exitCode).toBe(14);
    expect(err).toBe("nothing that acts keeps the limit: hand over with escalate_soc_l3\n");
    expect(JSON.parse(out)).toMatchObject({
      firstStep: "escalate_soc_l3",
      handover: { kind: "nothing_keeps_limit" },
      limit: 0.0001,
    });
  });

  it("without an escalation, a limit that nothing keeps exits 14 with the smallest reachable risk", async () => {
    const { commits, ...rest } = readCardDocument("s3-suspicious-host") as { readonly commits: readonly object[] };
    const acts = commits.filter((commit) => !("kind" in commit && commit.kind === "escalate"));
    const card = { ...rest, commits: acts, maxCatastropheProbability: 0.0001 };
    const { exitCode, out, err } = await decideCard(card);
    const printed = JSON.parse(out) as Printed;

    expect(exitCode).toBe(14);
    expect(printed).toMatchObject({
      value: null,
      risk: null,
      firstStep: null,
      nodeCount: null,
      riskIfSensorsLie: null,
    });
    expect(printed.minimumRisk).toBeGreaterThan(0.0001);
    expect(err).toContain(String(printed.minimumRisk));
  });

  it("a plan that only escalates is a decision: exit 0", async () => {
    const card = {
      id: "e",
      contexts: [
        { id: "A", prior: 0.5 },
        { id: "B", prior: 0.5 },
      ],
      catastropheUtility: -100,
      maxCatastropheProbability: 0.01,
      maxSteps: 0,
      steps: [],
      commits: [
        { id: "go", utility: 1, catastrophe: { A: 1 } },
        { id: "hand_over", kind: "escalate", utility: 0 },
      ],
    };

    const { exitCode, out } = await decideCard(card);

    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ firstStep: "hand_over", value: 0, risk: 0, averagePlan: { action: "go" } });
  });

  it("a bad card is refused with its codes as a document, exit 10", async () => {
    const card = {
      ...(readCardDocument("s0-two-context") as object),
      contexts: [
        { id: "BENIGN", prior: 0.8 },
        { id: "HAZARD", prior: 0.3 },
      ],
    };

    const { exitCode, out } = await decideCard(card);

    expect(exitCode).toBe(10);
    expect(JSON.parse(out)).toMatchObject({
      format: "interlock.refusal/1",
      ok: false,
      problems: [{ code: "E_SITUATION_ROW_SUM" }],
    });
  });

  it("the command line reaches it, and refuses a file that is not there with 66 and no file with 64", async () => {
    const contexts: ReturnType<typeof recordedContext>[] = [];
    const run = (...argv: readonly string[]): Promise<number> =>
      main(argv, () => {
        const context = recordedContext({ stdin: JSON.stringify(readCardDocument("s0-two-context")) });
        contexts.push(context);
        return context;
      });

    expect(await run("decide", "--card", "-", "--json")).toBe(0);
    expect(JSON.parse(contexts[0]?.printed.out ?? "")).toMatchObject({
      firstStep: "B_safe",
      value: expect.closeTo(6, 12),
    });
    expect(await run("decide", "missing.yaml")).toBe(66);
    expect(await run("decide")).toBe(64);
  });
});

describe("interlock decide --observe", () => {
  it("answers move the belief, and the rest of the policy is decided within the risk that is left", async () => {
    const { exitCode, out } = await decideCard(readCardDocument("s1-latency-spike"), {
      observe: ["check_deploys=none"],
    });
    const printed = JSON.parse(out) as Printed;

    expect(exitCode).toBe(0);
    expect(printed.firstStep).toBe("check_db_locks");
  });

  it("an unknown probe, an unknown outcome and a malformed pair are refused", async () => {
    const card = readCardDocument("s1-latency-spike");

    expect((await decideCard(card, { observe: ["check_moon=full"] })).exitCode).toBe(10);
    expect((await decideCard(card, { observe: ["check_deploys=maybe"] })).exitCode).toBe(10);
    expect((await decideCard(card, { observe: ["check_deploys"] })).exitCode).toBe(64);
  });
});

describe("interlock decide in a terminal", () => {
  it("shows belief, paragraph, alternatives, tree and figures, and escapes the text of the situation", async () => {
    const card = { ...(readCardDocument("s1-latency-spike") as object), title: "spike \u001b[31m" };
    const { out } = await decideCard(card, { json: false });

    expect(out).toContain("spike \\u{1b}[31m");
    expect(out).not.toContain("\u001b");
    expect(out).toContain("▶  check_deploys");
    expect(out).toContain("│     ├─ contention");
    expect(out).toContain("limit          your limit 0.3 %, spent 0 %, this policy 0.299 %; it costs 0.95");
  });

  it("a person walks the policy outcome by outcome to the response the policy has there", async () => {
    const context = recordedContext();
    const answers: Readonly<Record<string, string>> = { check_deploys: "none", check_db_locks: "contention" };
    const questions: string[] = [];

    await walkDecision(context, interlock, walked, async (question, outcomes) => {
      questions.push(question);
      const step = Object.keys(answers).find((name) => question.includes(name)) ?? "";
      expect(outcomes).toContain(answers[step]);
      return answers[step] ?? null;
    });

    expect(questions).toEqual(["what did check_deploys answer?", "what did check_db_locks answer?"]);
    expect(context.printed.err).toMatch(/do throttle_and_fix_db\n$/);
  });

  it("a probe that gives no answer hands over, and a fix ends the walk", async () => {
    const silent = recordedContext();
    const fixed = recordedContext();

    await walkDecision(silent, interlock, walked, async () => "no_answer");
    await walkDecision(fixed, interlock, walked, async (question) =>
      question.includes("try_flag_off") ? "fixed" : "recent",
    );

    expect(silent.printed.err).toContain("hands over with escalate_oncall");
    expect(fixed.printed.err).toContain("fixed: the matter is settled");
  });
});

describe("drawings", () => {
  it("DOT and Mermaid name every node of the merged policy once and quote hostile names", async () => {
    const { answers } = readCard("s1-latency-spike");
    const dot = (await decideCard(readCardDocument("s1-latency-spike"), { json: false, dot: true })).out;
    const mermaid = (await decideCard(readCardDocument("s1-latency-spike"), { json: false, mermaid: true })).out;

    expect(dot.match(/^ {2}n\d+ \[/gm)).toHaveLength(answers.constrained.dagNodes);
    expect(mermaid.match(/^ {2}n\d+[[({>]/gm)).toHaveLength(answers.constrained.dagNodes);
    expect(dot).toContain("n0 -> n");
    expect(mermaid).toContain('-->|"none"|');
  });

  it("merging loses nothing: following the drawn edges from the root unfolds to the policy", () => {
    const { situation } = readCard("s3-suspicious-host");
    const decided = decideSituation(situation);
    if (!decided.ok || decided.value.kind !== "decided") throw new Error("was not decided");
    const { nodes } = mergePolicy(decided.value.chosen.policy);
    const unfold = (index: number): Policy => {
      const node = nodes[index];
      if (node === undefined || node.kind === "commit") return node ?? { kind: "commit", response: "" };
      return {
        kind: "do",
        step: node.step,
        on: node.on.map((edge) => ({ outcome: edge.outcome, isSurprise: edge.isSurprise, then: unfold(edge.to) })),
      };
    };

    expect(unfold(0)).toEqual(decided.value.chosen.policy);
    expect(nodes).toHaveLength(countPolicyNodes(decided.value.chosen.policy));
  });
});

describe("a card of too many beliefs", () => {
  // Five outcomes at each of eight steps: more histories than a policy may have.
  const wide = {
    id: "wide",
    contexts: [
      { id: "X", prior: 0.5 },
      { id: "Y", prior: 0.5 },
    ],
    steps: [
      {
        id: "look",
        kind: "probe",
        cost: 0.1,
        maxUses: 8,
        outcomes: ["a", "b", "c", "d", "e"],
        likelihood: { X: [0.6, 0.1, 0.1, 0.1, 0.1], Y: [0.1, 0.1, 0.1, 0.1, 0.6] },
      },
    ],
    commits: [
      { id: "go", utility: { X: 0, Y: -30 } },
      { id: "stay", utility: { X: -30, Y: 0 } },
    ],
    catastropheUtility: -100,
    maxCatastropheProbability: 1,
    maxSteps: 8,
  };

  it("is decided with what is proven about the policy, on the screen and in the document", async () => {
    const printed = await decideCard(wide);
    const text = (await decideCard(wide, { json: false })).out;

    const { bound, value } = JSON.parse(printed.out) as { value: number; bound: Record<string, unknown> };
    expect(printed.exitCode).toBe(0);
    expect(bound).toMatchObject({ because: "too_many_beliefs", depth: 7, horizon: 8 });
    expect(bound["upperBound"]).toBeGreaterThan(value);
    expect(text).toMatch(/^bound {10}best found −[\d.]+; nothing is worth more than −[\d.]+; first move look$/m);
    expect(text.replace(/\s+/g, " ")).toContain("it looks 7 steps ahead, because 8 would be too many beliefs to weigh");
  });

  it("is refused with `--exact`, with the interval of the best policy", async () => {
    const { exitCode, err } = await decideCard(wide, { json: false, exact: true });

    expect(exitCode).not.toBe(0);
    expect(err).toMatch(/^E_SITUATION_SIZE .*the best policy lies between -[\d.]+ \(keeps the limit\)/);
  });
});
