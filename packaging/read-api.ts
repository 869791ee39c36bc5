import { join, relative } from "node:path";
import { API, type Checker, type Project, type Symbol, SymbolFlags } from "typescript/unstable/sync";
import { root } from "./run-tsc.ts";

/** A name that the package exports, or a method of one, as its source declares and documents it. */
export interface ApiSymbol {
  readonly name: string;
  /** The file that declares it, relative to the repository. */
  readonly file: string;
  /** The declaration without `export` and without a function's body. */
  readonly code: string;
  /** Its docstring in Markdown, without tags; empty where it has none. */
  readonly doc: string;
  readonly tags: readonly { readonly name: string; readonly text: string }[];
  /** Methods, where it is an interface, in the order of the source. */
  readonly methods: readonly ApiSymbol[];
}

/**
 * Reads what the package exports, with the compiler that builds it. Its programming interface is called unstable, which
 * is why one file uses it and the version is pinned exactly. Cost: about 1 s.
 */
export function readApi(entry: string): readonly ApiSymbol[] {
  const api = new API({ cwd: root });
  try {
    const configuration = join(root, "packaging/tsconfig.json");
    const project = api.updateSnapshot({ openProjects: [configuration] }).getProject(configuration);
    const file = project?.program.getSourceFile(join(root, entry));
    const module = file === undefined ? undefined : project?.checker.getSymbolAtLocation(file);
    if (project === undefined || module === undefined) throw new Error(`${entry} cannot be read`);
    const { checker } = project;
    return checker
      .getExportsOfModule(module)
      .map((symbol) => ((symbol.flags & SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol)))
      .map((symbol) => describeSymbol(project, symbol));
  } finally {
    api.close();
  }
}

function describeSymbol(project: Project, symbol: Symbol): ApiSymbol {
  const { checker } = project;
  const [text, file] = textOf(project, symbol);
  const methods = [...symbol.getMembers().values()].filter(({ flags }) => (flags & SymbolFlags.Method) !== 0);
  return {
    name: symbol.name,
    file,
    code: withoutBody(text.replace(/^export (?:declare )?(?:async )?/, "")),
    ...documentationOf(checker, symbol),
    methods: methods.map((method) => describeSymbol(project, method)),
  };
}

function textOf(project: Project, symbol: Symbol): readonly [text: string, file: string] {
  const node = symbol.declarations[0]?.resolve(project);
  if (node === undefined) throw new Error(`${symbol.name} is not declared anywhere`);
  return [node.getText(), relative(root, node.getSourceFile().fileName)];
}

function documentationOf(checker: Checker, symbol: Symbol): Pick<ApiSymbol, "doc" | "tags"> {
  const doc = symbol.getDocumentationComment(checker).trim();
  const tags = symbol.getJsDocTags(checker).map(({ name, text = "" }) => ({ name, text: text.trim() }));
  return { doc, tags };
}

/** A function is shown as one would declare it. Its body begins with the first brace that ends a line. */
function withoutBody(text: string): string {
  return text.startsWith("function ") ? `${text.slice(0, text.indexOf(" {\n"))};` : text;
}
