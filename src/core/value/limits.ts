/**
 * The one table of limits. Everything that comes from outside has a limit, and the name of each ends in its unit.
 * Lengths count UTF-16 code units, as `string.length` does; bytes are those of UTF-8.
 */
export const limits = {
  /** A document that is read at once: a proposal, a plan, a request. */
  bodyBytesMax: 1_000_000,
  /** One value inside a document: a literal argument, a fact, a post-condition. */
  valueBytesMax: 64_000,
  /** What a step may return. A longer output is cut and stored by reference. */
  outputBytesMax: 10_000_000,
  /** Calls of a run that nobody has approved, because it only reads. */
  unapprovedCallsCountMax: 500,
  /** What the calls of such a run may return together, before no further one is sent. */
  unapprovedOutputBytesMax: 50_000_000,
  /** How deep arrays and objects may be nested; the root counts as one level. */
  depthLevelsMax: 32,
  /** Problems reported at once. Further ones would say nothing new. */
  problemsCountMax: 100,
  /** A piece of input quoted in a message. */
  quoteCharsMax: 80,
  /** How many names are searched for the one that was probably meant. */
  suggestCandidatesMax: 1_000,
  /** Steps of a proposal, and of a plan after expansion. */
  stepsCountMax: 5_000,
  /** Actions that run once the way back of one step is done. */
  thenRunCountMax: 4,
  /** Arguments of one step. */
  argumentsCountMax: 100,
  /** Entries of a map by name: inventory objects, facts, inputs. */
  recordEntriesMax: 10_000,
  /** Items of a list, unless its parser sets a lower limit. */
  listItemsMax: 10_000,
  /** The name of an action, a step, a fact or an object. */
  nameCharsMax: 128,
  /** A text written for people: a summary, a purpose, a reason, a question. */
  proseCharsMax: 4_000,
  /** The path of a file or a folder; no system that we know takes a longer one. */
  pathCharsMax: 4_096,
  /** The text of one guard. */
  guardCharsMax: 4_000,
  /** The text that a fact may be. Each reading of it is recorded, and each guard that names one holds it. */
  factCharsMax: 1_024,
  /** Nodes of one guard as it is written. */
  guardNodesMax: 1_000,
  /** Nodes of one conjunct of a guard after its macros are unrolled over the inventory. */
  guardUnrolledNodesMax: 10_000,
  /** Nodes of all conjuncts of one guard together, unrolled: 40 for each object of a fleet of 5,000. */
  guardConjunctsNodesMax: 200_000,
  /** A compiled plan, as its file has it. */
  planBytesMax: 16_000_000,
  /** Nested parentheses, operators and macros of one guard. */
  guardDepthLevelsMax: 32,
  /** Items of one list literal in a guard. */
  guardListItemsMax: 256,
} as const;

/** The limits for reading one document. */
export interface DocumentLimits {
  readonly bytesMax: number;
  readonly depthLevelsMax: number;
}

/** The limits for a document whose reader sets no others. */
export const documentLimits: DocumentLimits = { bytesMax: limits.bodyBytesMax, depthLevelsMax: limits.depthLevelsMax };
