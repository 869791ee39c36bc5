import { stepwisePolicy } from "../index.ts";

/** The least an outside agent has to export. */
export const policy = stepwisePolicy({ name: "own", summary: "hands everything over", nextMove: () => ({ kind: "respond", response: "escalate" }) });
