import * as vscode from "vscode";
import { takeUri } from "./droppedItems";
import { together, type Taken } from "./taken";
import type { WorkspaceContext } from "./workspaceContext";

/** Commands that attach something of the workspace to the next question. @param attach shows it at the input box. */
export function contextCommands(
  context: WorkspaceContext,
  attach: (taken: Taken) => Promise<void>,
): ReadonlyMap<string, (...given: unknown[]) => Promise<void>> {
  const take = (id: string) => async (): Promise<void> => attach(await context.take(id));
  const takeGiven =
    (id: string) =>
    async (first?: unknown, all?: unknown): Promise<void> => {
      const uris = givenUris(first, all);
      await attach(await (uris.length === 0 ? context.take(id) : Promise.all(uris.map(takeUri)).then(together)));
    };
  return new Map([
    ["addSelectionToChat", take("selection")],
    ["addFileToChat", takeGiven("front")],
    ["addSymbolToChat", take("symbol")],
    ["addFolderOutlineToChat", takeGiven("folder")],
    ["addOpenEditorsToChat", take("editors")],
    ["addProblemsToChat", take("problems")],
    ["addTerminalCommandToChat", take("terminal")],
    ["addGitChangesToChat", take("git")],
  ]);
}

/** The Explorer's menu gives what was clicked and all that is selected; a tab's gives what was clicked. */
function givenUris(first: unknown, all: unknown): readonly vscode.Uri[] {
  const selected = Array.isArray(all) ? all.filter((one): one is vscode.Uri => one instanceof vscode.Uri) : [];
  if (selected.length > 0) return selected;
  return first instanceof vscode.Uri ? [first] : [];
}
