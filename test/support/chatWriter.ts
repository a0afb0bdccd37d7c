import { silentLogger } from "../../src/platform/core/logger";
import { ConversationStore } from "../../src/chat/node/conversationStore";
import { seededRandom } from "./random";

/**
 * A second window, as far as the chat's storage goes.
 * messages FOLDER ID COUNT NAME: waits for a line on stdin, then adds COUNT messages as fast as it can.
 * stream FOLDER ID NAME: begins an answer and writes into it until it is killed.
 * fill FOLDER NAME: adds messages to a new conversation until the storage refuses, then says what it holds.
 */
async function main([what, folder = "", ...rest]: string[]): Promise<void> {
  const store = new ConversationStore({ folder, log: silentLogger });
  await store.start();
  if (what === "messages") await messages(store, rest);
  else if (what === "stream") await stream(store, rest);
  else if (what === "fill") await fill(store);
  else throw new Error(`unknown: ${String(what)}`);
  await store.close();
}

async function messages(store: ConversationStore, [id = "", count = "0", name = ""]: string[]): Promise<void> {
  const handle = await store.open(id);
  const random = seededRandom(name.charCodeAt(0));
  process.stdout.write("ready\n");
  await new Promise((resolve) => process.stdin.once("data", resolve));
  const written: Promise<void>[] = [];
  for (let n = 0; n < Number(count); n++) {
    const text = `${name} ${n} ${"ü".repeat(Math.floor(random() * (n % 20 === 0 ? 50_000 : 500)))}`;
    const parts = [{ type: "text" as const, text }];
    written.push(handle.append([{ t: "message", id: `${name}-${n}`, parent: null, role: "user", parts }]));
    if (n % 3 === 0) await written.at(-1);
  }
  await Promise.all(written);
  process.stdin.destroy();
}

async function stream(store: ConversationStore, [id = "", name = ""]: string[]): Promise<void> {
  const handle = await store.open(id);
  const parent = handle.conversation().leaf;
  await handle.append([{ t: "message", id: `${name}-answer`, parent, role: "assistant", parts: [] }]);
  for (let n = 0; ; n++) {
    await handle.append([{ t: "text", x: `word${n} ` }]);
    if (n === 20) process.stdout.write("streaming\n");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function fill(store: ConversationStore): Promise<void> {
  const handle = store.create();
  let stored = 0;
  while (store.problem() === undefined && stored < 1000) {
    const parts = [{ type: "text" as const, text: "x".repeat(700) }];
    await handle.append([{ t: "message", id: `m-${stored}`, parent: null, role: "user", parts }]);
    if (store.problem() === undefined) stored++;
  }
  const problem = store.problem();
  const inMemory = handle.conversation().messages.size;
  process.stdout.write(
    `${JSON.stringify({ id: handle.id, stored, held: problem?.held, code: problem?.error.code, inMemory })}\n`,
  );
}

void main(process.argv.slice(2));
