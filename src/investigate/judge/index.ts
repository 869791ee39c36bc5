export type { JudgeDriver, JudgePrompt, JudgeRecord, JudgeReply } from "./ask-judge.ts";
export { askJudge, composePrompt, materialCharsMax, promptDigestOf, requestDigestOf } from "./ask-judge.ts";
export type { CassetteEntry, JudgeCassette } from "./cassette-judge.ts";
export { cassetteJudge, parseCassette, recordingJudge } from "./cassette-judge.ts";
export type { LanguageModelInstance, LiveJudgeAddress } from "./live-judge.ts";
export { liveJudge, modelJudge } from "./live-judge.ts";
export { mockJudge } from "./mock-judge.ts";
