import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";

/** The four faults that the demonstration hides, by the names that people type. */
const demoFaults = ["load", "db", "bug", "circuit"] as const;

export type DemoFault = (typeof demoFaults)[number];

/** What `npm run demo` was asked. */
export interface DemoOptions {
  readonly fault: DemoFault;
  readonly seed: number;
  /** Approve by hand, with a key under a passphrase. */
  readonly approve: boolean;
  /** Also carry out the average plan, on the same fault and seed in a lab of its own. */
  readonly compare: boolean;
  readonly json: boolean;
}

const demoHelp = `npm run demo -- [--fault load|db|bug|circuit] [--seed N] [--approve] [--compare] [--json]

A live system breaks in a way nobody is told. A plausible wrong plan is proposed. Interlock looks, decides, asks, acts,
verifies, and proves all of it. About 90 s.

  --fault NAME  which fault is hidden (default: any of the four)
  --seed N      seed of the lab (default: random)
  --approve     approve by hand, with a key under a passphrase that you type
  --compare     also really carry out the average plan, same fault and seed (about 80 s more)
  --json        progress on stderr, one JSON document on stdout
`;

/** Reads the command line. A text is the message for a person who typed something else. */
export function parseDemoOptions(argv: readonly string[]): DemoOptions | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        fault: { type: "string" },
        seed: { type: "string" },
        approve: { type: "boolean" },
        compare: { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help === true) return demoHelp;
    const wanted = values.fault?.toLowerCase();
    const fault =
      wanted === undefined ? demoFaults[randomInt(demoFaults.length)] : demoFaults.find((name) => name === wanted);
    if (fault === undefined) return `no fault \`${values.fault ?? ""}\`: ${demoFaults.join(", ")}\n\n${demoHelp}`;
    if (values.seed !== undefined && !/^\d{1,9}$/.test(values.seed))
      return `\`--seed\` is a whole number\n\n${demoHelp}`;
    const seed = values.seed === undefined ? randomInt(1, 100_000) : Number(values.seed);
    return {
      fault,
      seed,
      approve: values.approve === true,
      compare: values.compare === true,
      json: values.json === true,
    };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n${demoHelp}`;
  }
}
