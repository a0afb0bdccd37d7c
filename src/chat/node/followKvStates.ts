import type { Disposable } from "../../platform/core/disposables";
import type { ConversationStore } from "./conversationStore";
import type { KvStates } from "./kvStates";

/** KV states go where their conversations go: with a removed one, and all with all data, in whichever window it happens. */
export function followKvStates(
  store: Pick<ConversationStore, "list" | "problem" | "epochName" | "onDidChange">,
  kvStates: Pick<KvStates, "sweep" | "forget" | "clear">,
): Disposable {
  const ids = (): Set<string> => new Set(store.list().map(({ id }) => id));
  let known = ids();
  // A list that could not be read says nothing about what is gone.
  if (store.problem() === undefined) void kvStates.sweep((conversation) => ids().has(conversation));
  let epoch = store.epochName;
  // What another window removed may be told as "several have changed": so it is the list that says what is gone.
  return store.onDidChange(() => {
    const listed = ids();
    for (const id of known) if (!listed.has(id)) void kvStates.forget(id);
    known = listed;
    if (store.epochName !== epoch) void kvStates.clear();
    epoch = store.epochName;
  });
}
