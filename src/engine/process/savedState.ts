import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { PaddockError, toPaddockError } from "../../platform/core/errors";
import type { EngineContract } from "../protocol";
import type { Params, Result } from "../../platform/core/rpc";
import { checkTokens } from "./checkTokens";
import type { Job } from "./jobs";
import type { ModelContext } from "./modelContext";
import { otherIdentity, seal, verify } from "./stateFile";

type Save = Pick<Params<EngineContract, "saveState">, "session" | "path">;
type Load = Pick<Params<EngineContract, "loadState">, "session" | "path" | "identityKey">;

/**
 * Writes the session's KV cache to the file, whole or not at all. llama.cpp writes it in one go on the pool's thread;
 * what follows (the hash) gives way to a pause and ends with the signal.
 * @throws PaddockError context/unknown when the session has no KV cache here, or a job is using it.
 */
export async function saveState(
  context: ModelContext,
  { session, path }: Save,
  job: Job,
): Promise<Result<EngineContract, "saveState">> {
  refuseCheckpoints(context);
  const slot = context.slots.ofSession(session);
  if (slot === undefined || slot.users > 0 || slot.sequence.nextTokenIndex === 0)
    throw new PaddockError("context/unknown", "Nothing that could be saved is kept in memory for this session.");
  // Other windows' engines may save the same conversation.
  const part = `${path}.${randomUUID()}.part`;
  try {
    // llama.cpp opens it anew; made here, only its owner can read it.
    await (await open(part, "wx", 0o600)).close();
    await job.gate.pass(job.signal);
    job.signal.throwIfAborted();
    const tokens = await context.slots.visit(slot, async ({ sequence }) => {
      await sequence.saveStateToFile(part);
      return [...sequence.contextTokens];
    });
    const description = {
      identityKey: context.info.identityKey,
      tokens: tokens.length,
      sampled: context.sampled.within(tokens).map(([text, sampled]) => ({ text, tokens: [...sampled] })),
    };
    const bytes = await seal(part, description, giveWay(job));
    await rename(part, path);
    return { tokens: tokens.length, bytes, identityKey: description.identityKey };
  } finally {
    await rm(part, { force: true });
  }
}

/**
 * Brings a saved KV cache back, unless the session has one here already.
 * @throws PaddockError unsupported for a file of another identity or a damaged one; context/unknown when no place is
 * free; context/overflow when it does not fit. After a failure the session starts cold.
 */
export async function loadState(
  context: ModelContext,
  { session, path, identityKey }: Load,
  job: Job,
): Promise<Result<EngineContract, "loadState">> {
  refuseCheckpoints(context);
  if (identityKey !== context.info.identityKey) throw otherIdentity();
  const { slots } = context;
  const kept = (): number => slots.ofSession(session)?.sequence.nextTokenIndex ?? 0;
  if (kept() > 0) return { tokens: kept(), loaded: false };
  const description = await verify(path, identityKey, giveWay(job));
  if (description.tokens > context.info.contextSize)
    throw new PaddockError("context/overflow", "The saved state is longer than the context.");
  // A job of this session may have come meanwhile.
  if (kept() > 0) return { tokens: kept(), loaded: false };
  if (slots.all.every(({ users }) => users > 0)) throw new PaddockError("context/unknown", "Every KV cache is in use.");
  return slots.use(session, [], async (slot) => {
    const { sequence } = slot;
    try {
      await sequence.loadStateFromFile(path, { acceptRisk: true });
    } catch (error) {
      slot.session = null;
      await sequence.clearHistory();
      throw new PaddockError("unsupported", "llama.cpp could not read the saved state.", {
        detail: toPaddockError(error).message,
      });
    }
    for (const { text, tokens } of description.sampled)
      context.sampled.remember(text, checkTokens(tokens, context.vocabularySize));
    return { tokens: sequence.nextTokenIndex, loaded: true };
  });
}

/** The binding keeps such models' checkpoints in memory only; without them the first change costs all that was loaded. */
function refuseCheckpoints({ info }: ModelContext): void {
  if (info.needsCheckpoints)
    throw new PaddockError("unsupported", "The state of models that need checkpoints is not saved.");
}

function giveWay(job: Job): () => Promise<void> {
  return async () => {
    await job.gate.pass(job.signal);
    job.signal.throwIfAborted();
  };
}
