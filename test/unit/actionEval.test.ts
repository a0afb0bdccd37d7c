import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readActionCases } from "../eval/actions/actionCases";
import { serverModel } from "../eval/actions/askedServer";
import { evaluateActions } from "../eval/actions/evaluateActions";
import { Workshop } from "../eval/actions/workshop";
import { ModelServer } from "../support/modelServer";

/** An evaluation from its cases to its verdicts, with a server whose answers are known. */
const signal = new AbortController().signal;
const cases = await readActionCases(path.resolve("test/eval/actions/cases"));
const [fix] = cases.filter(({ id }) => id === "javascript-fix-page-count");
if (fix === undefined) throw new Error("The case is gone.");
let server: ModelServer;
let workshop: Workshop;
beforeEach(async () => {
  server = await ModelServer.start("llama-server");
  workshop = await Workshop.open(true);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.stop();
  await workshop.close();
});

it("a server's answer is fitted, run and judged", async () => {
  vi.stubEnv("PADDOCK_SERVER_KEY", "sesame");
  server.key = "sesame";
  const asked = await serverModel(server.address, "small", signal);
  const outcome = async (answer: string): Promise<unknown> => {
    server.answer = ["Here it is:\n", `\`\`\`js\n${answer}\n`, "```"];
    return (await evaluateActions([fix], asked, workshop, { verbose: false, signal }))[0];
  };
  try {
    expect(await outcome(fix.reference)).toMatchObject({ id: fix.id, applies: true, useful: true, untouched: true });
    expect(await outcome(fix.wrong)).toMatchObject({ applies: true, useful: false, untouched: true });
    expect(JSON.stringify(server.asked("/v1/chat/completions"))).not.toContain(fix.reference.split("\n")[1]?.trim());
  } finally {
    await asked.close();
  }
});

it("a model that the server does not have is named, with those that it has", async () => {
  await expect(serverModel(server.address, "large", signal)).rejects.toThrow(/no model large\. It has: small, family/);
});
