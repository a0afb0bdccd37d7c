import * as vscode from "vscode";
import { abortable } from "../../platform/core/abortable";
import { cancelled, PaddockError } from "../../platform/core/errors";
import { portableParameters, withoutNulls } from "../core/portableSchema";
import type { ToolDefinition, ToolOutcome, ToolSet } from "../core/toolDefinition";
import { clipText } from "../core/toolText";

/** What VS Code puts before the name of every tool that an MCP server brings. */
const prefix = "mcp_";
/** More than anybody offers a small model. */
const mostTools = 100;
const maxDescription = 600;

/**
 * The tools of the person's MCP servers, by way of VS Code, which starts the servers and knows whom to trust. Descriptions
 * and results are a server's: text for a model and a person, nothing else.
 */
export class McpTools implements ToolSet {
  /**
   * VS Code's names of the tools, by the names that models know them by. A name stays with the tool that had it first:
   * whoever chose that tool, or consented to its calls, meant no other.
   */
  private readonly realNames = new Map<string, string>();

  list(): ToolDefinition[] {
    return [...this.known()].map(([name, { name: own, description, inputSchema }]) => ({
      name,
      title: own.slice(prefix.length),
      description: description.slice(0, maxDescription),
      parameters: portableParameters(inputSchema),
      // Nobody knows what it does but its server.
      writes: true,
    }));
  }

  async invoke(name: string, args: unknown, signal: AbortSignal): Promise<ToolOutcome> {
    if (signal.aborted) throw cancelled();
    const tool = this.known().get(name);
    if (tool === undefined)
      throw new PaddockError("unsupported", `There is no tool ${JSON.stringify(name.slice(0, 100))}.`);
    const given = withoutNulls(args, tool.inputSchema);
    const input = typeof given === "object" && given !== null ? given : {};
    const source = new vscode.CancellationTokenSource();
    const stop = (): void => source.cancel();
    signal.addEventListener("abort", stop, { once: true });
    try {
      const call = vscode.lm.invokeTool(tool.name, { input, toolInvocationToken: undefined }, source.token);
      return { text: clipText(textOf(await abortable(call, signal))) };
    } catch (error) {
      if (error instanceof PaddockError) throw error;
      // VS Code asks before some calls, too, and its word for a person's no is the one for a cancellation.
      if (error instanceof Error && error.name === "Canceled")
        throw new PaddockError("unsupported", "The person does not allow this call.", { cause: error });
      throw new PaddockError("unsupported", error instanceof Error ? error.message : String(error), { cause: error });
    } finally {
      signal.removeEventListener("abort", stop);
      source.dispose();
    }
  }

  /** By a name that every model's call can have; without tools that would share one. */
  private known(): ReadonlyMap<string, vscode.LanguageModelToolInformation> {
    const known = new Map<string, vscode.LanguageModelToolInformation>();
    const named = vscode.lm.tools
      .filter((tool) => tool.name.startsWith(prefix))
      .map((tool) => ({ name: tool.name.replace(/[^A-Za-z0-9_-]/gu, "_").slice(0, 64), tool }));
    const counts = new Map<string, number>();
    for (const { name } of named) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const { name, tool } of named) {
      if (known.size >= mostTools) break;
      if (counts.get(name) !== 1) continue;
      const real = this.realNames.get(name) ?? tool.name;
      if (real !== tool.name) continue;
      this.realNames.set(name, real);
      known.set(name, tool);
    }
    return known;
  }
}

function textOf({ content }: vscode.LanguageModelToolResult): string {
  const texts = content.map((part) =>
    part instanceof vscode.LanguageModelTextPart ? part.value : "(something that is not text)",
  );
  return texts.length === 0 ? "(nothing)" : texts.join("\n");
}
