export { askJudge, composePrompt, type JudgeRecord, promptDigestOf } from "./ask-judge.ts";
