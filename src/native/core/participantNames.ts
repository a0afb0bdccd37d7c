import * as v from "valibot";

/** As package.json has them: @paddock and what can be asked of it by name. */
export const participantId = "paddock.paddock";
export const slashCommands = ["explain", "fix", "tests", "doc", "commit", "sql", "speed"] as const;
export type SlashCommand = (typeof slashCommands)[number];

export function isSlashCommand(name: string | undefined): name is SlashCommand {
  return (slashCommands as readonly (string | undefined)[]).includes(name);
}

/** What is kept with an answer in VS Code's chat. */
export const answerMetadataSchema = v.object({
  command: v.optional(v.picklist(slashCommands)),
  /** What the model wrote, without what stands around it for the person; empty where that is no part of a conversation. */
  answer: v.optional(v.string()),
  /** Code of a file was looked at. */
  ofCode: v.optional(v.boolean()),
  /** A question that several databases could answer. */
  choice: v.optional(v.object({ question: v.string(), databases: v.array(v.string()) })),
});
export type AnswerMetadata = v.InferOutput<typeof answerMetadataSchema>;

/** What may be asked next; `label` is for the host to word. */
export type NextStep =
  | { readonly kind: "command"; readonly command: Extract<SlashCommand, "explain" | "fix" | "tests" | "doc"> }
  | { readonly kind: "database"; readonly name: string; readonly prompt: string };

const mostDatabases = 5;

export function nextSteps({ command, ofCode, choice }: AnswerMetadata): NextStep[] {
  if (choice !== undefined) {
    return choice.databases
      .slice(0, mostDatabases)
      .map((name) => ({ kind: "database", name, prompt: `${name}: ${choice.question}` }));
  }
  if (ofCode !== true) return [];
  switch (command) {
    case "explain":
      return [
        { kind: "command", command: "fix" },
        { kind: "command", command: "tests" },
      ];
    case "fix":
      return [
        { kind: "command", command: "explain" },
        { kind: "command", command: "tests" },
      ];
    case "tests":
      return [{ kind: "command", command: "doc" }];
    case "doc":
      return [{ kind: "command", command: "tests" }];
    default:
      return [];
  }
}

/** "music: how many singers" asks the database that is named so; the longest name counts. */
export function databaseQuestion<Database extends { readonly name: string }>(
  prompt: string,
  databases: readonly Database[],
): { readonly database: Database | undefined; readonly question: string } {
  const text = prompt.trim();
  const named = databases
    .filter(({ name }) => text.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
  if (named !== undefined) return { database: named, question: text.slice(named.name.length + 1).trim() };
  return { database: databases.length === 1 ? databases[0] : undefined, question: text };
}
