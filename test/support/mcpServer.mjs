// An MCP server as small as one can be: JSON-RPC by lines over stdio, with one tool whose answer no model could guess.
//   node test/support/mcpServer.mjs FILE
// FILE: where each call is written down as it comes, so that a test sees that none came before it was allowed.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [, , calls] = process.argv;
const herds = { north: 417, south: 93 };

const methods = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "herds", version: "1.0.0" },
  }),
  ping: () => ({}),
  "tools/list": () => ({
    tools: [
      {
        name: "count_llamas",
        description: "Counts the llamas of a herd.",
        inputSchema: {
          type: "object",
          properties: { herd: { type: "string", enum: Object.keys(herds) } },
          required: ["herd"],
        },
      },
    ],
  }),
  "tools/call": ({ arguments: { herd } }) => {
    appendFileSync(calls, `${herd}\n`);
    return { content: [{ type: "text", text: `${herds[herd]} llamas graze in the ${herd}.` }] };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  // What has no id is a notification.
  if (id === undefined) continue;
  const answer = methods[method];
  const outcome =
    answer === undefined
      ? { error: { code: -32601, message: `No ${method} here.` } }
      : { result: answer(params ?? {}) };
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...outcome })}\n`);
}
