import type { ChangedFile, CodeSubject, DiffSubject } from "./actionRequest";
import { type Definition, definitionIn, isOneDefinition } from "./definition";
import { selectionShape } from "./selectionShape";

type Schema = Readonly<Record<string, unknown>>;

const textOf = (maxLength: number, minLength = 1): Schema => ({ type: "string", minLength, maxLength });

/** The definition whose documentation can be asked for by its parts; undefined: the code is written anew instead. */
export function documentedDefinition(subject: CodeSubject): Definition | undefined {
  const { lines } = selectionShape(subject);
  const found = definitionIn(lines, subject.languageId);
  return found !== undefined && isOneDefinition(lines, found, subject.languageId) ? found : undefined;
}

export function documentationSchema({ parameters, returns }: Definition): Schema {
  const own = Object.fromEntries(parameters.map((name) => [name, textOf(90)]));
  return {
    type: "object",
    properties: {
      summary: textOf(160, 10),
      ...(parameters.length === 0 ? {} : { parameters: { type: "object", properties: own } }),
      ...(returns ? { returns: textOf(90) } : {}),
    },
  };
}

export const namesSchema: Schema = {
  type: "object",
  properties: { names: { type: "array", items: textOf(40), minItems: 3, maxItems: 5 } },
};

/** Conventional Commits 1.0 and the types of its usual preset. */
export const commitTypes = [
  "feat",
  "fix",
  "docs",
  "style",
  "refactor",
  "perf",
  "test",
  "build",
  "ci",
  "chore",
  "revert",
] as const;

export function commitSchema(subject: DiffSubject, withBody: boolean): Schema {
  return {
    type: "object",
    properties: {
      type: { enum: typesFor(subject.files) },
      scope: { enum: scopesFor(subject.files) },
      subject: textOf(50, 8),
      ...(withBody ? { body: { type: "array", items: textOf(100), maxItems: 4 } } : {}),
    },
  };
}

const isTest = (path: string): boolean =>
  /(?:^|\/)(?:tests?|__tests__|spec)\/|[._-](?:test|spec)\.|(?:^|\/)test_/iu.test(path);
const isDocs = (path: string): boolean => /\.(?:md|mdx|rst|adoc|txt)$|(?:^|\/)docs?\//iu.test(path);
const isCi = (path: string): boolean =>
  /(?:^|\/)(?:\.github\/workflows|\.circleci)\/|\.gitlab-ci\.yml$|Jenkinsfile$/u.test(path);
const isBuild = (path: string): boolean =>
  /(?:^|\/)(?:package(?:-lock)?\.json|yarn\.lock|pnpm-lock\.yaml|Cargo\.(?:toml|lock)|go\.(?:mod|sum)|pom\.xml|CMakeLists\.txt|Makefile|Dockerfile|pyproject\.toml|requirements[^/]*\.txt|[^/]*\.gradle(?:\.kts)?)$/u.test(
    path,
  );

/** What the changed files alone tell of the type; a model chooses among the rest. */
export function typesFor(files: readonly ChangedFile[]): readonly string[] {
  const all = (test: (path: string) => boolean): boolean => files.length > 0 && files.every(({ path }) => test(path));
  // Before documents: a requirements.txt is none.
  if (all(isBuild)) return ["build", "chore"];
  if (all(isTest)) return ["test"];
  if (all(isCi)) return ["ci"];
  if (all(isDocs)) return ["docs"];
  const types = ["feat", "fix", "refactor", "perf", "style", "chore"];
  return files.every(({ diff }) => /^new file mode/mu.test(diff)) ? ["feat"] : types;
}

/** Names for the part that changed, from the files' own paths: a scope can't be made up then. */
export function scopesFor(files: readonly ChangedFile[]): readonly string[] {
  const folders = files.map(({ path }) => path.split("/").slice(0, -1));
  const [first = []] = folders;
  let common = first.length;
  for (const folder of folders) {
    let same = 0;
    while (same < common && folder[same] === first[same]) same++;
    common = same;
  }
  const shared = first
    .slice(0, common)
    .filter((name) => !/^(?:src|lib|app|packages|internal|cmd|main|\.|\.\.)$/u.test(name));
  const stem = files.length === 1 ? stemOf(files[0]?.path ?? "") : undefined;
  const names = [stem, shared.at(-1)].flatMap((name) => (name === undefined ? [] : [scopeName(name)]));
  const usable = [...new Set(names.filter((name) => name !== ""))];
  return usable.length === 0 ? [""] : usable;
}

function stemOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.replace(/(?<=.)\..*$/u, "");
}

/** A scope is a noun in parentheses: nothing that would end it. */
function scopeName(name: string): string {
  return name
    .replace(/[^\p{L}\p{N}._-]+/gu, "-")
    .replace(/^[-.]+|-+$/gu, "")
    .slice(0, 24);
}
