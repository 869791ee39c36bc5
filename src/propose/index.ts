export { createFileProposer } from "./file-proposer.ts";
export { createModelProposer } from "./model-proposer.ts";
export type { ModelCall, ProposeRequest, Proposer } from "./proposer.ts";
export { startProposerProcess } from "./proposer-process.ts";
export type { ProposerSpec } from "./proposer-spec.ts";
export type { Workflow } from "./workflow-proposer.ts";
