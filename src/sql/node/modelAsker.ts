import type { EmbeddedBackend, ModelId, ModelLifecycle } from "../../engine/backend";
import { contextOf } from "../../engine/client/featureContext";
import type { EngineSettings } from "../../engine/client/supervisor";
import { createAsker } from "../core/ask/asker";
import { isPromptLayout, stepsFor } from "../core/ask/steps";
import type { Asker } from "../core/asking";
import type { ConnectionProfile } from "../core/connection";
import type { OpenDatabase } from "../core/database";
import type { StatementGate } from "../core/gate";
import type { DatabaseSchema } from "../core/schema";

export interface ModelAskerDeps {
  readonly engine: EmbeddedBackend & Pick<ModelLifecycle, "load">;
  readonly engineSettings: () => EngineSettings;
  readonly gate: StatementGate;
  /** Whether answers may be run before the person has seen them, which a vote by result needs. */
  readonly runsAnswers: () => boolean;
}

/** A model that answers questions about databases. */
export interface SqlModel {
  readonly id: ModelId;
  /** That its adapter was trained with; undefined for a model without one. */
  readonly promptLayout: string | undefined;
}

/**
 * Asks one open database by one model, with the steps that its size or its measurement asks for. Loads the model.
 * @throws PaddockError engine/*, model/*; cancelled.
 */
export async function modelAsker(
  { engine, engineSettings, gate, runsAnswers }: ModelAskerDeps,
  { id, promptLayout }: SqlModel,
  { profile, database, schema }: { profile: ConnectionProfile; database: OpenDatabase; schema: DatabaseSchema },
  signal: AbortSignal,
): Promise<Asker> {
  const { info } = await engine.load(id, signal);
  const layout = promptLayout !== undefined && isPromptLayout(promptLayout) ? promptLayout : "chat";
  const [, { contextSize = info.trainContextSize }] = contextOf("sql", engineSettings(), []);
  // Which values are listed beside columns is the person's word, in the schema; here they are what the question says.
  return createAsker({
    ...{ backend: engine, database, schema, gate, notes: profile.notes, values: true },
    model: {
      id,
      layout,
      steps: stepsFor(layout, info.parameters),
      contextSize: Math.min(contextSize, info.trainContextSize),
    },
    runsAnswers,
    // A question belongs to the database's KV cache, whoever asks it.
    session: `database:${profile.id}`,
  });
}
