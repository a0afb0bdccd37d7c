import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { createParticipant } from "./participant";
import { participantButtons, type ParticipantButtonsDeps } from "./participantButtons";
import type { ParticipantDeps } from "./participantDeps";
import { ModelProvider, type ModelProviderDeps, ownVendor } from "./modelProvider";

/** All that the room is given. */
export type NativeDeps = ModelProviderDeps & ParticipantDeps & Pick<ParticipantButtonsDeps, "propose">;

export interface NativeRoom extends Disposable {
  /** What buttons in VS Code's chat run, by the name after "paddock.". */
  readonly commands: Readonly<Record<string, (given: unknown) => Promise<unknown>>>;
}

/** Paddock as a citizen of VS Code's own chat: its models in the picker, and @paddock. */
export function createNative(deps: NativeDeps): NativeRoom {
  const subscriptions = new DisposableStore();
  const provider = subscriptions.add(new ModelProvider(deps));
  subscriptions.add(vscode.lm.registerLanguageModelChatProvider(ownVendor, provider));
  // VS Code asks a provider when somebody does; unasked, its picker would be empty until then.
  vscode.lm.selectChatModels({ vendor: ownVendor }).then(undefined, (error: unknown) => {
    deps.log.warn(`VS Code's model picker does not have our models yet: ${String(error)}`);
  });
  subscriptions.add(createParticipant(deps));
  return { commands: participantButtons(deps), dispose: () => subscriptions.dispose() };
}
