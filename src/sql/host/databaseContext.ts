import * as vscode from "vscode";
import { PaddockError, toPaddockError } from "../../platform/core/errors";
import { formatCount } from "../../platform/core/format";
import { schemaUri } from "../core/schemaReference";
import { schemaText } from "../core/schemaText";
import type { Connections } from "../node/connections";
import { whileWorking } from "./databaseCommands";
import { engineName } from "./databaseItems";

/** Something to choose after "@"; the same shape as the chat shows. */
interface Offered {
  readonly id: string;
  readonly label: string;
  readonly detail: string;
  readonly icon: string;
}

interface Taken {
  readonly references: readonly { readonly label: string; readonly uri: string; readonly text: string }[];
  readonly ignored: readonly { readonly label: string; readonly uri: string; readonly text: string }[];
  readonly refused: readonly { readonly label: string; readonly reason: string }[];
}

/** What a question in the chat can carry, as another room has it. */
export interface ContextSources<Dropped> {
  offer(query: string, signal: AbortSignal): Promise<readonly Offered[]>;
  take(id: string): Promise<Taken>;
  takeDropped(items: readonly Dropped[]): Promise<Taken>;
}

const prefix = "database:";
/** As much as is gathered of a workspace for one question: some 8,000 tokens. */
const mostCharacters = 32 * 1024;

/** The same sources, with the databases that are kept: their schemas can be attached to a question. */
export function withDatabases<Dropped>(
  sources: ContextSources<Dropped>,
  connections: Connections,
): ContextSources<Dropped> {
  return {
    offer: async (query, signal) => {
      const others = await sources.offer(query, signal);
      const own = vscode.workspace.isTrusted ? offered(query, connections) : [];
      // What bears the name that was typed is meant more than a file that has its letters somewhere.
      return query.trim() === "" ? [...others, ...own] : [...own, ...others];
    },
    take: (id) => (id.startsWith(prefix) ? take(id.slice(prefix.length), connections) : sources.take(id)),
    takeDropped: (items) => sources.takeDropped(items),
  };
}

function offered(query: string, connections: Connections): readonly Offered[] {
  const wanted = query.trim().toLowerCase();
  return connections
    .list()
    .filter(({ name, target }) => {
      const words = `${name} ${target.engine} database schema`.toLowerCase();
      return wanted === "" || words.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(wanted));
    })
    .slice(0, 10)
    .map(({ id, name, target }) => ({
      id: `${prefix}${id}`,
      label: name,
      detail: vscode.l10n.t("{0} schema", engineName(target.engine)),
      icon: "database",
    }));
}

async function take(id: string, connections: Connections): Promise<Taken> {
  const profile = connections.get(id);
  if (profile === undefined) throw new PaddockError("invalid-message", "No database of that name was offered.");
  const label = vscode.l10n.t("Schema of {0}", profile.name);
  try {
    const { schema, profile: now } = await whileWorking(vscode.l10n.t("Connecting to {0}", profile.name), (signal) =>
      connections.connect(id, signal),
    );
    const { text, left } = schemaText(schema, now.notes, mostCharacters);
    const head = `-- ${engineName(schema.engine)} ${schema.version}: ${formatCount(schema.tables.length)} tables`;
    const tail = left === 0 ? "" : `-- ${formatCount(left)} more tables were left out.\n`;
    return {
      references: [{ label, uri: schemaUri(id), text: `${head}\n${text}${tail}` }],
      ignored: [],
      refused: left === 0 ? [] : [{ label, reason: leftWords(left) }],
    };
  } catch (error) {
    const { message, remedy, code } = toPaddockError(error);
    if (code === "cancelled") throw error;
    const reason = remedy === undefined ? message : `${message} ${remedy}`;
    return { references: [], ignored: [], refused: [{ label, reason }] };
  }
}

function leftWords(left: number): string {
  return vscode.l10n.t(
    "It is attached without {0} of its tables, which do not fit. The panel “Ask a Database” chooses by the question what it needs.",
    formatCount(left),
  );
}
