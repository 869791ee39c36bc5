/**
 * The one table of limits: everything that comes from outside has one, and each name ends in its unit.
 * Lengths count UTF-16 code units (what `string.length` gives); bytes are UTF-8.
 */
export const limits = {
  /** A proposal, a plan, a request: any document read at once. */
  bodyBytesMax: 1_000_000,
  /** One value inside a document: a literal argument, a fact, a post-condition. */
  valueBytesMax: 64_000,
  /** What a step may return before it is cut and stored by reference. */
  outputBytesMax: 10_000_000,
  /** Nested arrays and objects; the root counts as one. */
  depthLevelsMax: 32,
  /** Problems told at once; the rest says nothing new. */
  problemsCountMax: 100,
  /** Input quoted in a message. */
  quoteCharsMax: 80,
  /** Names looked through for the one that was meant. */
  suggestCandidatesMax: 1_000,
  /** Steps of a proposal before and of a plan after expansion. */
  stepsCountMax: 1_000,
  /** Arguments of one step. */
  argumentsCountMax: 100,
  /** Fields a parser's record may hold: inventory objects, facts, inputs. */
  recordEntriesMax: 10_000,
  /** Items a parser's list may hold unless it says less. */
  listItemsMax: 10_000,
  /** A name: an action, a step, a fact, an object. */
  nameCharsMax: 128,
  /** Prose of a proposer: summary, purpose, reason, question. */
  proseCharsMax: 4_000,
  /** The text of one guard. */
  guardCharsMax: 4_000,
  /** Nodes of one guard as written. */
  guardNodesMax: 1_000,
  /** Nodes of one guard after its macros were unrolled over the inventory. */
  guardUnrolledNodesMax: 10_000,
  /** Nested parentheses, operators and macros of one guard. */
  guardDepthLevelsMax: 32,
  /** Items of one list literal in a guard. */
  guardListItemsMax: 256,
} as const;

/** The limits of one document read. */
export interface DocumentLimits {
  readonly bytesMax: number;
  readonly depthLevelsMax: number;
}

/** What applies to a document when its reader says nothing else. */
export const documentLimits: DocumentLimits = { bytesMax: limits.bodyBytesMax, depthLevelsMax: limits.depthLevelsMax };
