import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { PaddockError } from "../../platform/core/errors";
import type { ToolDefinition, ToolOutcome } from "../core/toolDefinition";
import { McpTools } from "./mcpTools";
import { PaddockTools } from "./paddockTools";
import { registerTools } from "./registerTools";
import type { ToolDeps } from "./toolDeps";

/** A tool as our own chat offers it. */
export interface OfferedTool extends ToolDefinition {
  /** Whose it is: ours, or that of a server of the person's. */
  readonly origin: "paddock" | "mcp";
}

export interface ToolsRoom extends Disposable {
  /** What Paddock itself brings. */
  readonly own: PaddockTools;
  /** These and the tools of MCP servers, as they are now. */
  list(): readonly OfferedTool[];
  /** The closed database that a call would open. */
  opens(name: string, args: unknown): string | undefined;
  /** See ToolSet; by the names of `list`. */
  invoke(name: string, args: unknown, signal: AbortSignal): Promise<ToolOutcome>;
}

/** The tools that models may call, and those of them that any chat in VS Code gets. */
export function createTools(deps: ToolDeps): ToolsRoom {
  const subscriptions = new DisposableStore();
  const own = new PaddockTools(deps);
  const mcp = new McpTools();
  subscriptions.add(registerTools(own));
  const isOf = (tools: { list(): ToolDefinition[] }, name: string): boolean =>
    tools.list().some((tool) => tool.name === name);
  return {
    own,
    list: () => [
      ...own.list().map((tool): OfferedTool => ({ ...tool, origin: "paddock" })),
      ...mcp.list().map((tool): OfferedTool => ({ ...tool, origin: "mcp" })),
    ],
    opens: (name, args) => {
      const database = own.databaseOf(name, args);
      return database?.isOpen === false ? database.name : undefined;
    },
    invoke: async (name, args, signal) => {
      if (isOf(own, name)) return own.invoke(name, args, signal);
      if (isOf(mcp, name)) return mcp.invoke(name, args, signal);
      throw new PaddockError("unsupported", `There is no tool ${JSON.stringify(name.slice(0, 100))} any more.`);
    },
    dispose: () => subscriptions.dispose(),
  };
}
