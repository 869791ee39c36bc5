import type { JsonObject, JsonValue } from "../../core/value/json-value.ts";
import { askChoice, askNames, askNumber, askText, type Interviewer } from "./interviewer.ts";

const amount = { min: -1e9, max: 1e9 };

/**
 * Asks for a whole situation and returns it as a document. Asks for priors and likelihoods as frequencies ("of 100 such
 * alerts"), which people judge better than probabilities (Gigerenzer and Hoffrage 1995), and writes them down as
 * opinion. Utilities, catastrophes and the limit are decisions, and are written down as such.
 */
export async function interviewSituation(interviewer: Interviewer): Promise<JsonObject> {
  const id = (await askNames(interviewer, "a short name for the situation", { countMin: 1 }))[0] ?? "";
  const title = await askText(interviewer, "one line that says what is seen", id);
  const unit = await askText(interviewer, "what is utility counted in?", "minutes of degraded service, negative");
  const contexts = await askNames(
    interviewer,
    "which explanations are possible? (names, separated by commas; `unknown` is added)",
    { countMin: 2, taken: ["unknown"] },
  );
  const prior = await askPriors(interviewer, contexts);
  const responses = await askNames(
    interviewer,
    "what can be done? (names, separated by commas; leave out handing over)",
    { countMin: 1 },
  );
  const escalation =
    (
      await askNames(interviewer, "and what is handing over to a person called?", { countMin: 1, taken: responses })
    )[0] ?? "";
  const catastrophe = await askText(interviewer, "what would be a catastrophe here?", "an outage");
  const catastropheUtility = await askNumber(interviewer, `what is ${catastrophe} worth, in ${unit}?`, {
    min: -1e9,
    max: 0,
  });
  const limit = await askNumber(
    interviewer,
    `how often in 10000 such alerts may the plan end in ${catastrophe}, at most?`,
    { min: 0, max: 10_000 },
  );
  const answers: JsonValue[] = [];
  for (const response of [...responses, escalation])
    answers.push(
      await askResponse(interviewer, { response, contexts, catastrophe, isEscalation: response === escalation }),
    );
  const probes = await askProbes(interviewer, contexts);
  const horizon =
    probes.length === 0
      ? 0
      : await askNumber(interviewer, "how many of them may be asked before an answer?", {
          min: 1,
          max: Math.min(8, probes.length),
          initial: Math.min(3, probes.length),
        });
  return {
    format: "interlock.situation/1",
    id,
    title,
    unit,
    contexts: [...contexts, "unknown"].map((context) => ({ id: context })),
    prior,
    catastropheUtility,
    limit: limit / 10_000,
    horizon,
    steps: probes,
    responses: answers,
  };
}

/** How many incidents a person's memory may count for at most. The situation's own cap applies too. */
const seenMax = 1000;

async function askPriors(interviewer: Interviewer, contexts: readonly string[]): Promise<JsonObject> {
  const frequencies: number[] = [];
  for (const context of contexts)
    frequencies.push(
      await askNumber(interviewer, `of 100 such alerts, how many turn out to be ${context}?`, { min: 0, max: 100 }),
    );
  const seen = await askNumber(interviewer, "how many such alerts does that judgement rest on?", {
    min: 1,
    max: seenMax,
    initial: 10,
  });
  return {
    opinion: Object.fromEntries(contexts.map((context, index) => [context, share(frequencies, index) * seen])),
    source: "elicited",
  };
}

function share(frequencies: readonly number[], index: number): number {
  const total = frequencies.reduce((sum, frequency) => sum + frequency, 0);
  return Number((total > 0 ? (frequencies[index] ?? 0) / total : 1 / frequencies.length).toPrecision(6));
}

interface ResponseQuestions {
  readonly response: string;
  readonly contexts: readonly string[];
  readonly catastrophe: string;
  readonly isEscalation: boolean;
}

async function askResponse(
  interviewer: Interviewer,
  { response, contexts, catastrophe, isEscalation }: ResponseQuestions,
): Promise<JsonObject> {
  const worth = isEscalation
    ? { person: await askPerson(interviewer, response, contexts) }
    : { utility: await askUtility(interviewer, { response, contexts, catastrophe }) };
  const risks: Record<string, number> = {};
  for (const context of contexts) {
    const count = await askNumber(
      interviewer,
      `it is ${context}, and you do ${response}: how often in 1000 does it end in ${catastrophe}?`,
      { min: 0, max: 1000, initial: 0 },
    );
    if (count > 0) risks[context] = count / 1000;
  }
  return {
    id: response,
    ...(isEscalation ? { kind: "escalate" } : {}),
    ...worth,
    catastrophe: Object.keys(risks).length === 0 ? 0 : risks,
  };
}

async function askUtility(
  interviewer: Interviewer,
  { response, contexts, catastrophe }: Omit<ResponseQuestions, "isEscalation">,
): Promise<JsonObject> {
  const utility: Record<string, number> = {};
  for (const context of contexts)
    utility[context] = await askNumber(
      interviewer,
      `it is ${context}, and you do ${response}: what is that worth, if it does not end in ${catastrophe}?`,
      amount,
    );
  return utility;
}

/** Asks what a page costs and how long a person takes. Otherwise handing over is soon priced as if nobody came. */
async function askPerson(interviewer: Interviewer, response: string, contexts: readonly string[]): Promise<JsonObject> {
  const cost = { min: 0, max: 1e9 };
  const pageCost = await askNumber(interviewer, `what does ${response} itself cost, in the same unit?`, cost);
  const minutes: Record<string, number> = {};
  const costPerMinute: Record<string, number> = {};
  const thenUtility: Record<string, number> = {};
  for (const context of contexts) {
    minutes[context] = await askNumber(
      interviewer,
      `it is ${context}: how many minutes after ${response} has a person dealt with it?`,
      cost,
    );
    costPerMinute[context] = await askNumber(
      interviewer,
      `it is ${context}: what does each minute until then cost, in the same unit?`,
      cost,
    );
    thenUtility[context] = await askNumber(
      interviewer,
      `it is ${context}: what is it worth once a person has dealt with it?`,
      amount,
    );
  }
  return { pageCost, minutes, costPerMinute, thenUtility };
}

async function askProbes(interviewer: Interviewer, contexts: readonly string[]): Promise<readonly JsonObject[]> {
  const answer = await askChoice(interviewer, "is there anything to look at before answering?", ["yes", "no"]);
  if (answer === "no") return [];
  const names = await askNames(interviewer, "what can be looked at? (names, separated by commas)", { countMin: 1 });
  const probes: JsonObject[] = [];
  for (const id of names) {
    const cost = await askNumber(interviewer, `what does ${id} cost, in the same unit? (0 or more)`, {
      min: 0,
      max: 1e9,
    });
    const outcomes = await askNames(interviewer, `what can ${id} say? (names, separated by commas)`, {
      countMin: 2,
      taken: ["none_of_these", "no_answer"],
    });
    const likelihood: Record<string, JsonValue> = {};
    for (const context of contexts) {
      const frequencies: number[] = [];
      for (const outcome of outcomes)
        frequencies.push(
          await askNumber(interviewer, `of 100 times it is ${context}, how often does ${id} say ${outcome}?`, {
            min: 0,
            max: 100,
          }),
        );
      likelihood[context] = {
        opinion: outcomes.map((_, index) => share(frequencies, index) * opinionOfRow),
        source: "elicited",
      };
    }
    probes.push({ id, kind: "probe", cost, outcomes, likelihood });
  }
  return probes;
}

/** A likelihood that nobody measured counts as this many incidents. */
const opinionOfRow = 10;
