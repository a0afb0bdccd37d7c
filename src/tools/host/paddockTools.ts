import * as vscode from "vscode";
import { cancelled, PaddockError } from "../../platform/core/errors";
import { type BuiltInName, builtInTools, isBuiltIn, parseArguments } from "../core/builtInTools";
import { modelLines } from "../core/modelFacts";
import type { ToolDefinition, ToolOutcome, ToolSet } from "../core/toolDefinition";
import { clipLines, clipText, maxResult } from "../core/toolText";
import type { MeantDatabase, ToolDeps } from "./toolDeps";
import { existing, proposeEdit, readFile, searchWorkspace } from "./workspaceTools";

function titles(): Readonly<Record<BuiltInName, string>> {
  const { l10n } = vscode;
  return {
    read_file: l10n.t("Read a file"),
    search_workspace: l10n.t("Search the workspace"),
    list_problems: l10n.t("List problems"),
    read_schema: l10n.t("Read a database's schema"),
    run_sql: l10n.t("Run SQL that only reads"),
    list_models: l10n.t("List models and their speed"),
    propose_edit: l10n.t("Propose a change of a file"),
  };
}

/** The tools that Paddock itself brings, for its own chat and for any other. */
export class PaddockTools implements ToolSet {
  constructor(private readonly deps: ToolDeps) {}

  /** Without those for which there is nothing here: each costs tokens of every prompt. */
  list(): ToolDefinition[] {
    const words = titles();
    const hasDatabases = this.deps.databases.names().length > 0;
    const hasFolders = (vscode.workspace.workspaceFolders ?? []).length > 0;
    return builtInTools
      .filter(({ name }) => {
        switch (name) {
          case "read_schema":
          case "run_sql":
            return hasDatabases;
          case "read_file":
          case "search_workspace":
          case "propose_edit":
            return hasFolders;
          case "list_problems":
          case "list_models":
            return true;
        }
      })
      .map((tool) => ({ ...tool, title: words[tool.name] }));
  }

  async invoke(name: string, args: unknown, signal: AbortSignal): Promise<ToolOutcome> {
    if (signal.aborted) throw cancelled();
    if (!isBuiltIn(name))
      throw new PaddockError("unsupported", `There is no tool ${JSON.stringify(name.slice(0, 100))}.`);
    return { text: clipText(await this.run(name, args, signal)) };
  }

  /** The database that a call reads from; undefined where it reads from none, or can't say which. */
  databaseOf(name: string, args: unknown): MeantDatabase | undefined {
    if (name !== "read_schema" && name !== "run_sql") return undefined;
    try {
      return this.deps.databases.meant(parseArguments(name, args).database);
    } catch {
      // What is wrong with it the call itself says.
      return undefined;
    }
  }

  private async run(name: BuiltInName, args: unknown, signal: AbortSignal): Promise<string> {
    const { deps } = this;
    switch (name) {
      case "read_file":
        return readFile(deps, parseArguments(name, args), signal);
      case "search_workspace":
        return searchWorkspace(deps, parseArguments(name, args), signal);
      case "list_problems": {
        const { path } = parseArguments(name, args);
        return deps.problems(path === "" ? undefined : await existing(deps, path));
      }
      case "read_schema": {
        const { database } = parseArguments(name, args);
        return deps.databases.schema(database, maxResult, signal);
      }
      case "run_sql": {
        const { database, sql } = parseArguments(name, args);
        return deps.databases.query(database, sql, maxResult, signal);
      }
      case "list_models":
        return clipLines(modelLines(await deps.models(signal)));
      case "propose_edit":
        return proposeEdit(deps, parseArguments(name, args), signal);
    }
  }
}
