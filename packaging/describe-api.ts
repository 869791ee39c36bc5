import { codes, type Stage } from "../src/core/value/codes.ts";
import type { ApiSymbol } from "./read-api.ts";

/** A chapter of the reference. The arrows stand in the order of the data. */
interface Chapter {
  readonly title: string;
  readonly text: string;
  /** The folder of `src/flow/` whose methods stand here, or `null`. */
  readonly arrow: string | null;
  /** The codes that belong to this arrow. */
  readonly stages: readonly Stage[];
  /** Where the types that stand here are declared: the longest beginning of a path decides. */
  readonly from: readonly string[];
}

const chapters: readonly Chapter[] = [
  {
    title: "The door",
    text:
      "One object for one site. Every method answers with a [Result](#result), and never throws for what can be " +
      "expected to go wrong.",
    arrow: null,
    stages: ["usage", "store", "internal"],
    from: [
      "src/interlock.ts",
      "src/flow/site/close-options.ts",
      "src/core/value/result.ts",
      "src/core/value/codes.ts",
      "src/core/value/next-step.ts",
      "src/flow/site/entrance.ts",
      "src/flow/site/workplace.ts",
      "src/flow/site/source.ts",
      "src/intake/",
    ],
  },
  {
    title: "The site",
    text: "Begins a site, makes keys known, and looks at what is there.",
    arrow: "site",
    stages: ["parse", "domain", "trust"],
    from: ["src/flow/site/", "src/packs/", "src/notifiers/", "src/identities/"],
  },
  {
    title: "Intent → proposal",
    text: "Asks a proposer. What it answers is text until the gate has compiled it.",
    arrow: "propose",
    stages: ["check"],
    from: ["src/flow/propose/", "src/propose/"],
  },
  {
    title: "Belief → decision",
    text: "Arithmetic over declared numbers, under a hard limit on the probability of catastrophe. Needs no site.",
    arrow: "decide",
    stages: ["decide"],
    from: ["src/flow/decide/", "src/core/belief/"],
  },
  {
    title: "Proposal → plan",
    text: "Compiles a proposal against the domain and the world as it is now, and shows what came of it.",
    arrow: "plan",
    stages: ["check", "plan"],
    from: ["src/flow/plan/", "src/core/plan/", "src/core/proof/", "src/core/domain/", "src/core/guard/"],
  },
  {
    title: "Plan → approval",
    text: "A person signs the plan's hash, or a permission in advance.",
    arrow: "approve",
    stages: ["approve"],
    from: ["src/flow/approve/", "src/core/approval/"],
  },
  {
    title: "Approval → run",
    text: "Carries an approved plan out, and takes a person's word while it runs.",
    arrow: "apply",
    stages: ["apply", "step", "run"],
    from: ["src/flow/apply/", "src/core/run/", "src/engine/"],
  },
  {
    title: "Alert → verified recovery",
    text: "Walks the whole way for one alert.",
    arrow: "respond",
    stages: [],
    from: ["src/flow/respond/"],
  },
  {
    title: "Telling people",
    text: "Lists what waits for whom, delivers notifications until a person acknowledges them.",
    arrow: "notify",
    stages: [],
    from: ["src/flow/notify/"],
  },
  {
    title: "Run → log",
    text: "What happened and what happens, read from the log.",
    arrow: "tell",
    stages: ["verify"],
    from: ["src/flow/tell/", "src/owner/metrics.ts", "src/log/run-index.ts"],
  },
  {
    title: "Upkeep of the store",
    text: "Archives, restores and backs up.",
    arrow: "upkeep",
    stages: ["store"],
    from: ["src/flow/upkeep/", "src/log/"],
  },
  {
    title: "Ports",
    text: "What a site can be given another of. An implementation keeps the contract that stands with the port.",
    arrow: null,
    stages: [],
    from: ["src/ports.ts"],
  },
  {
    title: "Values",
    text: "What the types above are made of.",
    arrow: null,
    stages: [],
    from: ["src/core/value/", "src/core/log/"],
  },
];

/**
 * docs/api.md: every name that the package exports, with its declaration and its docstring.
 *
 * @param symbols - what the package exports
 * @param arrows - the source of the methods, which says by what it loads which arrow a method belongs to
 */
export function describeApi(symbols: readonly ApiSymbol[], arrows: string): string {
  const methods = symbols.find(({ name }) => name === "Interlock")?.methods ?? [];
  const types = inOrderOfMention(
    symbols.filter(({ name }) => name !== "Interlock"),
    methods,
  );
  const names = new Set(types.map(({ name }) => name));
  return [
    "# API reference",
    "",
    "<!-- Written by `npm run docs:api` from the docstrings; a test fails when it is stale. -->",
    "",
    "Everything that `@interlock-run/interlock` exports: the door with one method an arrow, the ports, and every type",
    "that they mention. Nothing else of the package can be imported. [library.md](library.md) shows how it is used,",
    "and [exit-codes.md](exit-codes.md) says what each problem's code means.",
    "",
    "| arrow | methods |",
    "|---|---|",
    ...chapters.flatMap((chapter) => contentsOf(chapter, methodsOf(chapter, methods, arrows))),
    "",
    ...chapters.flatMap((chapter) => [
      `## ${chapter.title}`,
      "",
      chapter.text,
      "",
      ...problemsOf(chapter),
      ...methodsOf(chapter, methods, arrows).flatMap((method) => describeMethod(method, names)),
      ...types.filter(({ file }) => chapterOf(file) === chapter).flatMap((type) => describeType(type, names)),
    ]),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

/** The chapter of a type, by the file that declares it. */
function chapterOf(file: string): Chapter {
  const [found] = chapters
    .flatMap((chapter) => chapter.from.map((beginning) => ({ chapter, beginning })))
    .filter(({ beginning }) => file.startsWith(beginning))
    .sort((left, right) => right.beginning.length - left.beginning.length);
  if (found === undefined) throw new Error(`${file} has no chapter in docs/api.md: give it one in describe-api.ts`);
  return found.chapter;
}

function methodsOf({ title, arrow }: Chapter, methods: readonly ApiSymbol[], arrows: string): readonly ApiSymbol[] {
  return methods.filter(({ name }) => arrowOf(name, arrows) === (title === "The door" ? null : (arrow ?? title)));
}

/** The folder of `src/flow/` that a method loads; `null` for one that loads none. */
function arrowOf(method: string, arrows: string): string | null {
  const begin = arrows.indexOf(`\n    ${method}: arrow`);
  return begin < 0 ? null : (/import\("\.\/(\w+)\//.exec(arrows.slice(begin))?.[1] ?? null);
}

/** Types in the order in which the methods and what they mention lead to them; then the others. */
function inOrderOfMention(types: readonly ApiSymbol[], methods: readonly ApiSymbol[]): readonly ApiSymbol[] {
  const byName = new Map(types.map((type) => [type.name, type]));
  const found = new Set<ApiSymbol>();
  const visit = ({ code }: ApiSymbol): void => {
    for (const name of mentionsIn(code, byName)) {
      const type = byName.get(name);
      if (type === undefined || found.has(type)) continue;
      found.add(type);
      visit(type);
    }
  };
  const [door, ...functions] = types.filter(({ code }) => code.startsWith("function ")).sort(byDoorFirst);
  for (const first of [door, ...functions]) if (first !== undefined) found.add(first);
  if (door !== undefined) visit(door);
  for (const method of methods) visit(method);
  return [...found, ...types.filter((type) => !found.has(type))];
}

function byDoorFirst({ name: left }: ApiSymbol, { name: right }: ApiSymbol): number {
  return Number(right === "openInterlock") - Number(left === "openInterlock") || (left < right ? -1 : 1);
}

function contentsOf({ title }: Chapter, methods: readonly ApiSymbol[]): readonly string[] {
  const anchor = anchorOf(title);
  const listed = methods.map(({ name }) => `[\`${name}\`](#interlock${name.toLowerCase()})`).join(", ");
  return [`| [${title}](#${anchor}) | ${listed} |`];
}

function describeMethod({ name, code, doc, tags }: ApiSymbol, names: ReadonlySet<string>): readonly string[] {
  return [
    `### \`interlock.${name}\``,
    "",
    "```ts",
    code,
    "```",
    "",
    doc,
    "",
    ...describeTags(tags),
    ...linksOf(code, names),
  ];
}

function describeType({ name, code, doc, tags }: ApiSymbol, names: ReadonlySet<string>): readonly string[] {
  const others = new Set([...names].filter((other) => other !== name));
  return [
    `#### ${headingOf({ name, code })}`,
    "",
    doc,
    "",
    ...describeTags(tags),
    "```ts",
    code,
    "```",
    "",
    ...linksOf(code, others),
  ];
}

/** A function has its own heading beside that of the type of the same name. */
export function headingOf({ name, code }: Pick<ApiSymbol, "name" | "code">): string {
  return code.startsWith("function ") ? `\`${name}\` (function)` : name;
}

function describeTags(tags: ApiSymbol["tags"]): readonly string[] {
  const lines = tags.map(({ name, text }) => {
    const [, parameter = "", rest = ""] = /^([\w.]+)\s+(?:- )?([\s\S]*)$/.exec(text) ?? [];
    if (name === "param") return `- \`${parameter}\`: ${rest}`;
    return name === "returns" ? `- Returns ${text}` : `- ${name === "throws" ? "Throws" : name} ${text}`;
  });
  return lines.length === 0 ? [] : [...lines, ""];
}

function problemsOf({ title, stages }: Chapter): readonly string[] {
  if (stages.length === 0) return [];
  const listed = Object.entries(codes).flatMap(([code, { stage }]) => (stages.includes(stage) ? [`\`${code}\``] : []));
  const begin = title === "The door" ? "Any method may answer with" : "Problems of this arrow:";
  return [`${begin} ${listed.join(", ")}.`, ""];
}

function linksOf(code: string, names: ReadonlySet<string>): readonly string[] {
  const links = mentionsIn(code, names).map((name) => `[${name}](#${anchorOf(name)})`);
  return links.length === 0 ? [] : [`See ${links.join(", ")}.`, ""];
}

/** The exported names that a declaration mentions outside of its comments, in order. */
function mentionsIn(code: string, names: { has(name: string): boolean }): readonly string[] {
  const bare = code.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\]|\\.)*"/g, "");
  return [...new Set(bare.match(/\b[A-Z]\w*/g) ?? [])].filter((name) => names.has(name));
}

/** The anchor that GitHub gives a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}
