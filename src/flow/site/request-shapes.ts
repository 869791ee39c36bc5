/**
 * What each method of the door takes, field by field. The compiler holds each shape to its request's type in both
 * directions: a field that only one of them has does not compile.
 */
import type { Observation } from "../../core/belief/policy.ts";
import type { Proposer } from "../../core/plan/plan.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { limits } from "../../core/value/limits.ts";
import { endedStates, unfinishedStates } from "../../log/run-index.ts";
import type { Signer } from "../../ports.ts";
import type { ClockWord, LogWord, OperateRequest, SiteWord } from "../apply/operate.ts";
import type { TestActionAsker, TestActionRequest } from "../apply/test-action.ts";
import type { ApproveRequest, RejectRequest, Reviewed, Reviewer } from "../approve/approve.ts";
import type { GrantRequest, GrantReviewer } from "../approve/grant.ts";
import type { Answerer } from "../approve/sign-answer.ts";
import type { SignerRequest } from "../approve/signer.ts";
import type { CalibrateRequest } from "../decide/calibrate.ts";
import type { CalibrateJudgeRequest } from "../decide/calibrate-judge.ts";
import type { DecideRequest } from "../decide/decide.ts";
import type { Interviewer } from "../decide/interviewer.ts";
import type { AcknowledgeRequest } from "../notify/acknowledge.ts";
import type { InboxRequest } from "../notify/inbox.ts";
import type { NotifyRequest } from "../notify/notify.ts";
import type { PlanRequest } from "../plan/plan.ts";
import type { ProposeRequest } from "../propose/propose.ts";
import type { ObserveRequest } from "../respond/observe.ts";
import type { AlertSource, Asker, RespondRequest } from "../respond/request.ts";
import type { ExplainRequest } from "../tell/explain.ts";
import type { PlansRequest } from "../tell/plans.ts";
import type { ReplayRequest } from "../tell/replay.ts";
import type { ReportFaultRequest } from "../tell/report-fault.ts";
import type { RunsRequest } from "../tell/runs.ts";
import type { ExportRequest, VerifyRequest } from "../tell/verify.ts";
import type { ArchiveRequest } from "../upkeep/archive.ts";
import type { RestoreRequest } from "../upkeep/restore.ts";
import type { UpgradeRequest } from "../upkeep/upgrade.ts";
import { asksFor, asksForAll, asksPlainly } from "./answers.ts";
import type { CheckRequest } from "./check.ts";
import type { CloseOptions } from "./close-options.ts";
import type { ExamineRequest } from "./examine.ts";
import type { CreateIdentityRequest, ImportIdentityRequest } from "./identities.ts";
import type { InitRequest } from "./init.ts";
import {
  boolean,
  bytes,
  choice,
  digestText,
  either,
  json,
  label,
  listOf,
  nullOr,
  number,
  optional,
  path,
  port,
  record,
  signal,
  type Taker,
  tells,
  text,
  waits,
  word,
} from "./intake.ts";
import type { Source } from "./source.ts";
import type { WithdrawTrustRequest } from "./trust.ts";

const source: Taker<Source> = either(
  (given) => typeof given === "function",
  asksFor<Uint8Array, Extract<Source, (...given: never[]) => unknown>>(bytes()),
  bytes("bytes (a Uint8Array) or a way to read them"),
);

const inputs: Taker<PlanRequest["inputs"]> = listOf(
  record<{ readonly name: string; readonly value: JsonValue }>({ name: text(), value: json() }),
);

const texts = listOf(text());
const paths = listOf(path());

/** Incidents and graded answers, one JSON object a line. */
const lines = listOf(text(limits.bodyBytesMax), 1_000_000);

/** The name of a file may be longer than a name of ours. */
const proposerCharsMax = 256;

const proposer = record<Proposer>({
  kind: word(["person", "file", "model", "workflow", "search", "recovery"], "kind of proposer"),
  id: label(proposerCharsMax),
  onBehalfOf: label(proposerCharsMax),
});

const signer = port<Signer>({
  person: label(),
  keyId: digestText(),
  attended: boolean(),
  sign: asksFor<Uint8Array, Signer["sign"]>(bytes()),
});

const reviewer = port<Reviewer>({
  review: asksForAll<Reviewed, Reviewer["review"]>(port<Reviewed>({ signer, typedTargets: texts })),
});

const grantReviewer = port<GrantReviewer>({
  review: asksForAll<Signer, GrantReviewer["review"]>(signer),
});

const isReviewer = (given: unknown): boolean => typeof given === "object" && given !== null && "review" in given;

const approver: Taker<Signer | Reviewer> = either(isReviewer, reviewer, signer);
const granter: Taker<Signer | GrantReviewer> = either(isReviewer, grantReviewer, signer);

const answerReviewer = port<Answerer>({ hear: asksForAll<Signer, Answerer["hear"]>(signer) });
const isAnswerer = (given: unknown): boolean => typeof given === "object" && given !== null && "hear" in given;

/** Only an answer is signed: for every other word there is nobody, which is `null` here. */
const answerer: Taker<Signer | Answerer | null> = (given, at) =>
  given === null ? null : either(isAnswerer, answerReviewer, signer)(given, at);

type Resolve = Extract<OperateRequest, { readonly do: "resolve" }>;
type Answer = Extract<OperateRequest, { readonly do: "answer" }>;
type Stop = Extract<OperateRequest, { readonly do: "stop" }>;
type Plainly = Exclude<OperateRequest, Resolve | Answer | Stop | SiteWord | ClockWord | LogWord>;

const ofRun = { run: text(), reason: text(), follow: boolean() };

const plainly = record<Plainly>({ ...ofRun, do: word(["kill", "rollback", "close"], "word") });

const siteWord = record<SiteWord>({ do: word(["freeze", "unfreeze"], "word"), scope: text(), reason: text() });

const words: Readonly<Record<OperateRequest["do"], Taker<OperateRequest>>> = {
  stop: record<Stop>({
    ...ofRun,
    do: word(["stop"], "word"),
    cause: optional(word(["SIGINT", "SIGTERM", "called_off"], "cause")),
  }),
  kill: plainly,
  rollback: plainly,
  close: plainly,
  resolve: record<Resolve>({
    ...ofRun,
    do: word(["resolve"], "word"),
    step: text(),
    as: word(["applied", "not_applied", "restored"], "way to settle a step"),
  }),
  answer: record<Answer>({
    ...ofRun,
    do: word(["answer"], "word"),
    step: text(),
    as: word(["approved", "rejected"], "answer to a step"),
  }),
  freeze: siteWord,
  unfreeze: siteWord,
  anchor: record<ClockWord>({ do: word(["anchor"], "word"), reason: text() }),
  accept_log: record<LogWord>({ do: word(["accept_log"], "word"), reason: text() }),
};

type Checked<Kind extends CheckRequest["kind"]> = Extract<CheckRequest, { readonly kind: Kind }>;

const checks: { readonly [Kind in CheckRequest["kind"]]: Taker<Checked<Kind>> } = {
  pack: record<Checked<"pack">>({ kind: word(["pack"], "kind"), folder: path() }),
  situation: record<Checked<"situation">>({
    kind: word(["situation"], "kind"),
    bytes: bytes(),
    pack: optional(nullOr(path())),
  }),
  proposal: record<Checked<"proposal">>({
    kind: word(["proposal"], "kind"),
    bytes: bytes(),
    pack: nullOr(path()),
    goal: text(),
    inputs,
  }),
};

type Alerted<Kind extends AlertSource["kind"]> = Extract<AlertSource, { readonly kind: Kind }>;

const alerts: { readonly [Kind in AlertSource["kind"]]: Taker<Alerted<Kind>> } = {
  bytes: record<Alerted<"bytes">>({ kind: word(["bytes"], "kind"), bytes: source }),
  webhook: record<Alerted<"webhook">>({
    kind: word(["webhook"], "kind"),
    port: number(),
    tokenFile: nullOr(path()),
  }),
};

export const shapes = {
  answerer,
  init: record<InitRequest>({ folder: path(), pack: text() }),
  createIdentity: record<CreateIdentityRequest>({
    name: text(),
    person: text(),
    choosePassphrase: nullOr(asksFor<string, NonNullable<CreateIdentityRequest["choosePassphrase"]>>(text())),
  }),
  importIdentity: record<ImportIdentityRequest>({
    name: text(),
    person: text(),
    publicKey: source,
    attended: boolean(),
  }),
  examine: record<ExamineRequest>({
    nodeVersion: text(),
    only: optional(word(["invariants"], "part that can be examined by itself")),
  }),
  check: choice<CheckRequest>("kind", checks, "kind of document that can be checked"),
  testAction: record<TestActionRequest>({ action: text(), args: inputs, typedTargets: texts }),
  testActionAsker: port<TestActionAsker>({ by: approver, onEvent: tells(), onStart: tells() }),
  propose: record<ProposeRequest>({
    intent: text(),
    goal: text(),
    inputs,
    with: nullOr(text()),
    signal: signal(),
  }),
  plan: record<PlanRequest>({ proposal: source, proposer, goal: text(), intent: optional(text()), inputs }),
  show: record<{ readonly plan: string }>({ plan: path() }),
  diff: record<{ readonly before: string; readonly after: string }>({ before: path(), after: path() }),
  decide: record<DecideRequest>({
    situation: bytes(),
    mustBeCard: boolean(),
    observations: listOf(record<Observation>({ step: text(), outcome: text() })),
    judges: listOf(bytes()),
    heard: listOf(bytes()),
    as: nullOr(word(["text", "dot", "mermaid", "pomdp"], "form of a decision")),
    isExplained: boolean(),
    flipSolves: number(),
    mustBeExact: optional(boolean()),
    onProgress: optional(tells()),
  }),
  calibrate: record<CalibrateRequest>({
    situation: bytes(),
    incidents: lines,
    asUnknown: texts,
    isStrict: boolean(),
    learning: record<CalibrateRequest["learning"]>({ opinionWeight: number(), cellCountMin: number(), mass: number() }),
  }),
  calibrateJudge: record<CalibrateJudgeRequest>({ situation: bytes(), judge: bytes(), graded: lines }),
  elicit: record<{ readonly situation: Uint8Array | null }>({ situation: nullOr(bytes()) }),
  interviewer: port<Interviewer>({
    text: asksPlainly<string | null, Interviewer["text"]>(nullOr(text())),
    choose: asksPlainly<string | null, Interviewer["choose"]>(nullOr(text())),
    tell: tells(),
  }),
  approve: record<ApproveRequest>({ plan: path(), typedTargets: texts, validForMs: nullOr(number()) }),
  approver,
  signer: record<SignerRequest>({
    as: nullOr(text()),
    askPassphrase: asksFor<string | null, SignerRequest["askPassphrase"]>(nullOr(text())),
    onMistyped: tells(),
  }),
  withdrawTrust: record<WithdrawTrustRequest>({ digest: text(), reason: text() }),
  reject: record<RejectRequest>({ plan: path(), reason: text() }),
  grant: record<GrantRequest>({
    actions: texts,
    targets: texts,
    writeCountMax: number(),
    costUsdMax: number(),
    durationMsMax: number(),
    irreversible: boolean(),
    validForMs: nullOr(number()),
  }),
  granter,
  apply: record<{ readonly plan: string }>({ plan: path() }),
  dryRun: record<{ readonly plan: string }>({ plan: path() }),
  respond: record<RespondRequest>({
    alert: choice<AlertSource>("kind", alerts, "source of alerts"),
    situation: nullOr(source),
    proposal: nullOr(source),
    proposer: nullOr(text()),
    observeOnly: boolean(),
  }),
  asker: port<Asker>({ by: approver, tell: tells(), callOff: signal(), detach: signal() }),
  observe: record<ObserveRequest>({ incident: text(), step: text(), outcome: text() }),
  resume: record<{ readonly run: string | null }>({ run: nullOr(text()) }),
  operate: choice<OperateRequest>("do", words, "word that a run or a site takes"),
  inbox: record<InboxRequest>({ for: nullOr(text()) }),
  acknowledge: record<AcknowledgeRequest>({ subject: text(), reason: text() }),
  notify: record<NotifyRequest>({
    stay: boolean(),
    signal: signal(),
    onTold: optional(tells()),
    onElsewhere: optional(tells()),
  }),
  plans: record<PlansRequest>({
    state: nullOr(word(["waiting", "approved", "rejected", "used", "expired"], "state of a plan")),
    beforeSeq: nullOr(number()),
    limit: number(),
  }),
  runs: record<RunsRequest>({
    state: nullOr(word([...unfinishedStates, ...endedStates], "state of a run")),
    plan: nullOr(path()),
    prefix: nullOr(text()),
    beforeSeq: nullOr(number()),
    limit: number(),
  }),
  watch: record<{ readonly run: string }>({ run: text() }),
  reportFault: record<ReportFaultRequest>({
    run: nullOr(text()),
    release: text(),
    nodeVersion: text(),
    platform: text(),
  }),
  explain: record<ExplainRequest>({ run: text(), output: optional(text()) }),
  replay: record<ReplayRequest>({ run: text(), at: nullOr(number()) }),
  verify: record<VerifyRequest>({ archive: nullOr(path()), onProgress: optional(tells()) }),
  exportLog: record<ExportRequest>({ write: waits() }),
  archive: record<ArchiveRequest>({
    olderThanMs: nullOr(number()),
    runs: texts,
    folder: nullOr(path()),
    destroy: boolean(),
    reason: nullOr(text()),
    isDryRun: boolean(),
    onProgress: tells(),
  }),
  restore: record<RestoreRequest>({
    archives: paths,
    runs: texts,
    folder: nullOr(path()),
    reason: text(),
    onRestored: tells(),
  }),
  archives: record<{ readonly folder: string | null }>({ folder: nullOr(path()) }),
  folder: record<{ readonly folder: string }>({ folder: path() }),
  upgrade: record<UpgradeRequest>({
    backup: nullOr(path()),
    withoutBackup: boolean(),
    isDryRun: boolean(),
    onProgress: tells(),
  }),
  close: record<CloseOptions>({ leave: optional(signal()), onStay: optional(tells()) }),
} as const;
