import { PassThrough } from "node:stream";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";
import { PaddockError } from "../../src/platform/core/errors";
import { type RequestHandlers, RpcPeer } from "../../src/platform/core/rpc";

const serverContract = {
  requests: {
    double: { params: v.object({ n: v.number() }), result: v.object({ n: v.number() }) },
    count: {
      params: v.object({ to: v.number() }),
      progress: v.object({ n: v.number() }),
      result: v.object({ done: v.boolean() }),
    },
    wait: { params: v.object({}), result: v.object({ aborted: v.boolean() }) },
    fail: { params: v.object({}), result: v.object({}) },
    lie: { params: v.object({}), result: v.object({ n: v.number() }) },
  },
  notifications: { note: v.object({ text: v.string() }) },
} as const;
const clientContract = { requests: {}, notifications: {} } as const;

function pair(over: Partial<RequestHandlers<typeof serverContract>> = {}) {
  const up = new PassThrough();
  const down = new PassThrough();
  const problems: string[] = [];
  const notes: string[] = [];
  const onProblem = (problem: string): void => void problems.push(problem);
  const serverConnection = createMessageConnection(new StreamMessageReader(up), new StreamMessageWriter(down));
  const server = new RpcPeer(serverConnection, serverContract, clientContract, onProblem);
  const clientConnection = createMessageConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
  const client = new RpcPeer(clientConnection, clientContract, serverContract, onProblem);
  server.listen(
    {
      double: ({ n }) => ({ n: 2 * n }),
      count: ({ to }, { progress }) => {
        for (let n = 1; n <= to; n++) progress({ n });
        return { done: true };
      },
      wait: (_, { signal }) =>
        new Promise((resolve) => {
          if (signal.aborted) resolve({ aborted: true });
          else signal.addEventListener("abort", () => resolve({ aborted: true }), { once: true });
        }),
      fail: () => {
        throw new PaddockError("model/missing", "It is gone.", { remedy: "Choose another.", detail: "ENOENT" });
      },
      lie: () => ({ n: "not a number" }) as unknown as { n: number },
      ...over,
    },
    { note: ({ text }) => void notes.push(text) },
  );
  client.listen({}, {});
  return { client, server, clientConnection, problems, notes };
}

describe("RpcPeer", () => {
  it("answers, and carries progress in order and before the result", async () => {
    const { client } = pair();
    expect(await client.request("double", { n: 21 })).toEqual({ n: 42 });
    const seen: number[] = [];
    await client.request("count", { to: 200 }, { onProgress: ({ n }) => seen.push(n) });
    expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  });

  it("carries code, words, remedy and detail of an error", async () => {
    const { client } = pair();
    await expect(client.request("fail", {})).rejects.toMatchObject({
      code: "model/missing",
      message: "It is gone.",
      remedy: "Choose another.",
      detail: "ENOENT",
    });
  });

  it("refuses what does not fit the contract, on the way in and on the way back", async () => {
    const { client, problems } = pair();
    await expect(client.request("double", { n: "x" } as unknown as { n: number })).rejects.toMatchObject({
      code: "invalid-message",
    });
    await expect(client.request("lie", {})).rejects.toMatchObject({ code: "invalid-message" });
    expect(problems.join()).toContain("request double");
  });

  it("drops and reports a notification that does not fit, and hears the next", async () => {
    const { client, clientConnection, notes, problems } = pair();
    await clientConnection.sendNotification("note", { text: 7 });
    client.notify("note", { text: "hello" });
    await client.request("double", { n: 1 });
    expect(notes).toEqual(["hello"]);
    expect(problems.join()).toContain("notification note");
  });

  it("lets the other side decide how a cancelled request ends", async () => {
    const { client } = pair();
    const controller = new AbortController();
    const answer = client.request("wait", {}, { signal: controller.signal });
    controller.abort();
    // Cancelled in the same tick as sent: it arrives before the handler runs, and must be seen all the same.
    expect(await answer).toEqual({ aborted: true });
    const later = new AbortController();
    const second = client.request("wait", {}, { signal: later.signal });
    setTimeout(() => later.abort(), 20);
    expect(await second).toEqual({ aborted: true });
  });

  it("settles every waiting call when it is disposed, and refuses later ones", async () => {
    const { client } = pair();
    const waiting = client.request("wait", {});
    setTimeout(() => client.dispose(), 10);
    await expect(waiting).rejects.toMatchObject({ code: "disconnected" });
    await expect(client.request("double", { n: 1 })).rejects.toMatchObject({ code: "disconnected" });
  });

  it("survives a handler that throws anything", async () => {
    const { client, problems } = pair({
      double: () => {
        throw new TypeError("boom");
      },
    });
    await expect(client.request("double", { n: 1 })).rejects.toMatchObject({ code: "internal" });
    expect(problems.join()).toContain("boom");
    expect(await client.request("count", { to: 0 })).toEqual({ done: true });
  });
});
