import { beforeEach, describe, expect, it, vi } from "vitest";
import { McpTools } from "../../src/tools/host/mcpTools";
import { registerTools } from "../../src/tools/host/registerTools";

type Given = { readonly input: object };
interface Registered {
  prepareInvocation(given: Given): { readonly confirmationMessages?: { readonly message: { readonly value: string } } };
  invoke(given: Given, token: object): Promise<unknown>;
}

const editor = vi.hoisted(() => ({
  tools: [] as { name: string; description: string; inputSchema: object }[],
  invoked: [] as string[],
  failure: undefined as Error | undefined,
  registered: new Map<string, unknown>(),
}));
vi.mock("vscode", () => ({
  l10n: { t: (text: string, ...values: string[]) => text.replace("{0}", values[0] ?? "") },
  CancellationTokenSource: class {
    readonly token = {};
    cancel = (): void => undefined;
    dispose = (): void => undefined;
  },
  CancellationError: class extends Error {},
  LanguageModelTextPart: class {
    constructor(readonly value: string) {}
  },
  LanguageModelToolResult: class {
    constructor(readonly content: readonly unknown[]) {}
  },
  MarkdownString: class {
    value = "";
    appendText(text: string): void {
      this.value += text;
    }
    appendCodeblock(text: string): void {
      this.value += `[${text}]`;
    }
  },
  lm: {
    get tools() {
      return editor.tools;
    },
    invokeTool: (name: string) => {
      editor.invoked.push(name);
      return editor.failure === undefined ? Promise.resolve({ content: [] }) : Promise.reject(editor.failure);
    },
    registerTool: (name: string, tool: unknown) => {
      editor.registered.set(name, tool);
      return { dispose: () => undefined };
    },
  },
}));

const { signal } = new AbortController();
const serverTool = (name: string) => ({ name, description: "", inputSchema: {} });

beforeEach(() => {
  editor.tools = [];
  editor.invoked = [];
  editor.failure = undefined;
  editor.registered.clear();
});

describe("the tools of MCP servers", () => {
  it("that would share a name are left out, and none of them is called", async () => {
    const long = `mcp_${"x".repeat(70)}`;
    editor.tools = [`${long}a`, `${long}b`, "mcp_a.b", "mcp_a:b", "mcp_fine", "other"].map(serverTool);
    const mcp = new McpTools();
    expect(mcp.list().map(({ name }) => name)).toEqual(["mcp_fine"]);
    await expect(mcp.invoke("mcp_a_b", {}, signal)).rejects.toThrow("There is no tool");
    await mcp.invoke("mcp_fine", {}, signal);
    expect(editor.invoked).toEqual(["mcp_fine"]);
  });

  it("that a person does not allow where VS Code asks say so, and are no cancelled answer", async () => {
    editor.tools = [serverTool("mcp_fine")];
    editor.failure = Object.assign(new Error("Canceled"), { name: "Canceled" });
    const refused = new McpTools().invoke("mcp_fine", {}, signal);
    await expect(refused).rejects.toMatchObject({
      code: "unsupported",
      message: "The person does not allow this call.",
    });
  });

  it("are those that were listed: another that comes in one's place is not called by its name", async () => {
    editor.tools = [serverTool("mcp_mail.send")];
    const mcp = new McpTools();
    expect(mcp.list().map(({ name }) => name)).toEqual(["mcp_mail_send"]);
    editor.tools = [serverTool("mcp_mail:send")];
    expect(mcp.list()).toEqual([]);
    await expect(mcp.invoke("mcp_mail_send", {}, signal)).rejects.toThrow("There is no tool");
    expect(editor.invoked).toEqual([]);
  });
});

describe("a tool that reads a database, in any chat of VS Code", () => {
  const invoked: string[] = [];
  const shared = (isOpen: boolean): Registered => {
    registerTools({
      databaseOf: () => ({ name: "Shop", isOpen }),
      invoke: (name) => {
        invoked.push(name);
        return Promise.resolve({ text: "" });
      },
    });
    return editor.registered.get("paddock_run_sql") as Registered;
  };
  const token = { isCancellationRequested: false, onCancellationRequested: () => ({ dispose: () => undefined }) };

  it("asks with the database's name and the whole statement", () => {
    const sql = `SELECT ${"1, ".repeat(1_300)}1`;
    const input = { database: "", sql };
    const words = shared(false).prepareInvocation({ input }).confirmationMessages?.message.value ?? "";
    expect(words).toContain("Database: Shop. It is closed");
    expect(words).toContain(`[${sql}]`);
    expect(shared(true).prepareInvocation({ input }).confirmationMessages?.message.value).not.toContain("closed");
  });

  it("runs no statement that is longer than what is shown", async () => {
    const tool = shared(true);
    const input = { database: "", sql: `SELECT 1${" ".repeat(4_000)}, secret FROM t` };
    await expect(tool.invoke({ input }, token)).rejects.toThrow("4000");
    expect(invoked).toEqual([]);
    await tool.invoke({ input: { ...input, sql: "SELECT 1" } }, token);
    expect(invoked).toEqual(["run_sql"]);
  });
});
