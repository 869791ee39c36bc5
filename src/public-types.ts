/**
 * The names of the door's vocabulary: every type that a method of the door or of a port mentions, so that a connector,
 * a signer or a journal of one's own can be written without reaching into the package. A test holds that none is
 * missing.
 */

export type { Envelope, Principal, SignedEnvelope } from "./core/approval/approval.ts";
export type { CountedRisk } from "./core/belief/calibrate/counted-rows.ts";
export type { ResponseCell } from "./core/belief/calibrate/counts.ts";
export type { CredibleFigures } from "./core/belief/calibrate/credible-set.ts";
export type { IgnoredName, RejectedLine } from "./core/belief/calibrate/incident.ts";
export type { ForecastScores } from "./core/belief/calibrate/judge-forecasts.ts";
export type { LearningOptions, LearntCell } from "./core/belief/calibrate/learn.ts";
export type { RiskInterval } from "./core/belief/calibrate/risk-interval.ts";
export type { Alternative, AlternativeFigures, Verdict } from "./core/belief/explain/alternatives.ts";
export type { BeliefTest, BeliefThresholds, WrongAction } from "./core/belief/explain/belief-needed.ts";
export type { DecidedAgain, Explanation, LimitCost, SimplerPolicy } from "./core/belief/explain/explain.ts";
export type { FlipAnalysis, FlipRange, FlipSide } from "./core/belief/explain/flips.ts";
export type { InformationValue, StepInformation } from "./core/belief/explain/information.ts";
export type { Knob } from "./core/belief/explain/knobs.ts";
export type { PolicyTree, PolicyTreeEdge, PolicyTreeNode } from "./core/belief/explain/policy-tree.ts";
export type { JudgeCalibration, JudgeQuestion } from "./core/belief/judge/judge.ts";
export type { JudgeDocument } from "./core/belief/judge/judge-documents.ts";
export type { DecisionBound, HandoverReason, Hold, LimitRemedy, Observation } from "./core/belief/policy.ts";
export type { SituationWarning } from "./core/belief/situation/amounts.ts";
export type { AppliedDefault, Need } from "./core/belief/situation/situation.ts";
export type { SweepProgress } from "./core/belief/solve/lanes.ts";
export type { CredibleInterval } from "./core/belief/statistics/beta.ts";
export type { ReliabilityRow } from "./core/belief/statistics/scores.ts";
export type {
  ActionClass,
  Charset,
  Environment,
  FactExtraction,
  FactType,
  FactValue,
  Freshness,
  Idempotency,
  Integrity,
  OnFailure,
  OutcomeDeclaration,
  Template,
  ValueType,
} from "./core/domain/domain.ts";
export type { OperationAnswer, OperationId, StatusWord } from "./core/domain/operation.ts";
export type { GuardType } from "./core/guard/guard-type.ts";
export type { LogEntry, LogRecord, RecordDraft } from "./core/log/record.ts";
export type { ObservedFact, ObservedObject } from "./core/plan/compile/read-object.ts";
export type { ReviewLine } from "./core/plan/kinds/step-kind.ts";
export type * from "./core/plan/plan.ts";
export type { RiskCode } from "./core/plan/policy/risk-codes.ts";
export type { AnswerBrief, StepBrief } from "./core/plan/show/brief-steps.ts";
export type { Change, PlanDiff, StepChange } from "./core/plan/show/diff.ts";
export type {
  ChangeArgument,
  ChangeGroup,
  ChangeThenRun,
  ChangeWaves,
  OwnValue,
} from "./core/plan/show/group-changes.ts";
export type { PredictedChange, WriteGroup } from "./core/plan/show/group-writes.ts";
export type { AskedQuestion, LeadsTo } from "./core/plan/show/leads-to.ts";
export type { PlanOutline } from "./core/plan/show/outline.ts";
export type { PlanEnding } from "./core/plan/show/plan-endings.ts";
export type { Review, ReviewCounts, ReviewMark, ReviewSection, ReviewStep } from "./core/plan/show/review.ts";
export type { ChangeDifference, FactChange } from "./core/plan/show/study-writes.ts";
export type { PlannedUndo } from "./core/plan/show/way-back-order.ts";
export type { WriteTrait } from "./core/plan/show/write-traits.ts";
export type { DryChange, DryCondition, DryFact, DryStep, DryVerdict, DryWalk } from "./core/proof/dry-run.ts";
export type { Undecided } from "./core/proof/finding.ts";
export type { Outlook } from "./core/proof/outlook.ts";
export type { Risk } from "./core/proof/risks/risk.ts";
export type { Durability } from "./core/run/due/durability.ts";
export type { DoubtCourse } from "./core/run/due/patience.ts";
export type { RunCredits, RunTimes } from "./core/run/tell/credits.ts";
export type { OperationExplanation } from "./core/run/tell/explain-operation.ts";
export type {
  InvariantExplanation,
  RunExplanation,
  StepExplanation,
} from "./core/run/tell/explain-run.ts";
export type { UndoExplanation, WayBackStep } from "./core/run/tell/explain-undo.ts";
export type { AttemptOutput, StepOutput } from "./core/run/tell/step-output.ts";
export type { DoubtView, RunPhaseKind, RunView, StepStatus, StepView, WaitView } from "./core/run/tell/view.ts";
export type { StopCause } from "./core/run/words/asked.ts";
export type { ReadingPurpose } from "./core/run/words/command.ts";
export type {
  CalledStep,
  ChangedFact,
  CoveredSteps,
  DrainGoal,
  Event,
  FailedStep,
  ForeignValues,
  FoundFact,
  OverwrittenFact,
  Pace,
  PersonsWord,
  RunEvent,
  RunOutcome,
  SettledReply,
  SiteEvent,
} from "./core/run/words/event.ts";
export type { EvidenceAnswer, IncidentEvent } from "./core/run/words/incident-event.ts";
export type { Attempt, Authorization, Reply, RetryAfter } from "./core/run/words/input.ts";
export type { NotificationEvent, Telling } from "./core/run/words/notification-event.ts";
export type { OperationEnd, OperationReading, OperationTold } from "./core/run/words/operation.ts";
export type { OperationEvent } from "./core/run/words/operation-event.ts";
export type { Freeze } from "./core/run/words/state.ts";
export type { Code, Problem } from "./core/value/codes.ts";
export type { Digest } from "./core/value/digest.ts";
export type { ExitCode } from "./core/value/exit-codes.ts";
export type { JsonObject, JsonValue } from "./core/value/json-value.ts";
export type { NextStep, Resolution } from "./core/value/next-step.ts";
export type { Result } from "./core/value/result.ts";
export type { StoredDocument } from "./core/value/stored-document.ts";
export type { LookProgress, OnLook, ReadingProgress } from "./engine/effects/perform-observe.ts";
export type { StepReading } from "./engine/engine.ts";
export type {
  ClockWord,
  LogWord,
  Operated,
  OperateRequest,
  RecordedWord,
  RunWord,
  SiteWord,
} from "./flow/apply/operate.ts";
export type { Resumed } from "./flow/apply/resume.ts";
export type { RoundTripEvidence } from "./flow/apply/round-trip.ts";
export type { Run, RunRest } from "./flow/apply/run.ts";
export type { LoggedEvent } from "./flow/apply/tail-run.ts";
export type { StartedTest, TestActionAsker, TestActionRequest, TestedAction } from "./flow/apply/test-action.ts";
export type { Approved, ApproveRequest, Rejected, RejectRequest, Reviewed, Reviewer } from "./flow/approve/approve.ts";
export type { Granted, GrantRequest, GrantReviewer, Grants } from "./flow/approve/grant.ts";
export type { GrantView } from "./flow/approve/grant-envelope.ts";
export type { Answerer, ShownQuestion } from "./flow/approve/sign-answer.ts";
export type { SignerRequest } from "./flow/approve/signer.ts";
export type { Calibrated, CalibrateRequest } from "./flow/decide/calibrate.ts";
export type { CalibratedJudge, CalibrateJudgeRequest, JudgeGrading } from "./flow/decide/calibrate-judge.ts";
export type { Decided, DecideRequest, DecisionDocument, NextMove } from "./flow/decide/decide.ts";
export type { Elicited } from "./flow/decide/elicit.ts";
export type { Interviewer } from "./flow/decide/interviewer.ts";
export type {
  CalibrationDocument,
  DecisionFigures,
  LearntLikelihoods,
  LearntPrior,
} from "./flow/decide/render-calibration.ts";
export type { Acknowledged, AcknowledgedNotification, AcknowledgeRequest } from "./flow/notify/acknowledge.ts";
export type { Inbox, InboxItem, InboxKind, InboxRequest, ToldOf } from "./flow/notify/inbox.ts";
export type { Notified, NotifyRequest, ToldNotifier } from "./flow/notify/notify.ts";
export type { DryRun } from "./flow/plan/dry-run.ts";
export type { PlanRequest } from "./flow/plan/plan.ts";
export type { Compiled, NothingToDo, PlannedChange } from "./flow/plan/plan-proposal.ts";
export type { DiffedPlans, PlanTexts, RejectedTwin, ShownPlan } from "./flow/plan/show.ts";
export type { Proposed, ProposeRequest } from "./flow/propose/propose.ts";
export type { ClosedIncident } from "./flow/respond/incidents.ts";
export type { ObservedByPerson, ObserveRequest } from "./flow/respond/observe.ts";
export type { Alert } from "./flow/respond/parse-alert.ts";
export type {
  BelievedContext,
  Handover,
  NextPlan,
  ResponseOutcome,
  ResponseReport,
  World,
} from "./flow/respond/report.ts";
export type { AlertSource, Asker, Responded, RespondProgress, RespondRequest } from "./flow/respond/request.ts";
export type { ScoredProposal } from "./flow/respond/score-proposal.ts";
export type { Testimony } from "./flow/respond/testimony.ts";
export type { Checked, CheckRequest, RecordedInvariants, Unenforced } from "./flow/site/check.ts";
export type { CloseOptions } from "./flow/site/close-options.ts";
export type { InterlockPorts, SiteAddress } from "./flow/site/entrance.ts";
export type { ExamineRequest, Finding } from "./flow/site/examine.ts";
export type { CreateIdentityRequest, ImportIdentityRequest } from "./flow/site/identities.ts";
export type { BundledPack, InitRequest } from "./flow/site/init.ts";
export type { Settings } from "./flow/site/settings.ts";
export type { Source } from "./flow/site/source.ts";
export type { Trusted, TrustView, WithdrawnTrust, WithdrawTrustRequest } from "./flow/site/trust.ts";
export type { SitePorts } from "./flow/site/workplace.ts";
export type { ListedAction, ListedActions } from "./flow/tell/actions.ts";
export type { Difference } from "./flow/tell/diff-views.ts";
export type { ExplainedRun, ExplainRequest, RunStanding, StandingWait } from "./flow/tell/explain.ts";
export type { HeldLock, Locked } from "./flow/tell/locks.ts";
export type { Measured } from "./flow/tell/metrics.ts";
export type { ListedApproval, ListedPlan, PlanListState, PlansPage, PlansRequest } from "./flow/tell/plans.ts";
export type { RecordName, Replayed, ReplayRequest } from "./flow/tell/replay.ts";
export type { FaultReport, ReportFaultRequest } from "./flow/tell/report-fault.ts";
export type { ListedRun, RunsPage, RunsRequest } from "./flow/tell/runs.ts";
export type { ExportRequest, Verified, VerifyRequest } from "./flow/tell/verify.ts";
export type { WatchedRun } from "./flow/tell/watch.ts";
export type { Archived, ArchiveRequest } from "./flow/upkeep/archive.ts";
export type { Backup } from "./flow/upkeep/back-up.ts";
export type { ArchiveState, Archives, ListedArchive } from "./flow/upkeep/list-archives.ts";
export type { RestoredArchive, RestoreRequest } from "./flow/upkeep/restore.ts";
export type { Upgraded, UpgradeRequest, UpgradeStep } from "./flow/upkeep/upgrade.ts";
export type { AskPassphrase } from "./identities/file-signer.ts";
export type { IdentityView } from "./identities/identity.ts";
export type { RunListState, RunRow } from "./log/run-index.ts";
export type { BrokenInvariant } from "./log/run-invariants.ts";
export type { BackupReceipt } from "./log/sqlite/backup.ts";
export type { EscalationConfig, EscalationStep } from "./notifiers/escalation-config.ts";
export type { NotifierConfig } from "./notifiers/notifier-config.ts";
export type { MailProtection } from "./notifiers/smtp.ts";
export type { Metric, MetricSample } from "./owner/metrics.ts";
export type { ProposerConfig } from "./packs/proposer-config.ts";
export type { Scaffold } from "./packs/scaffold.ts";
export type { ApprovalConfig, ConnectionConfig, RetentionConfig, SiteConfig } from "./packs/site-config.ts";
export type * from "./ports.ts";
export type { ModelCall } from "./propose/proposer.ts";
