import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { ModelProvider, type ModelProviderDeps, ownVendor } from "./modelProvider";

/** Paddock as a citizen of VS Code's own chat: its models in the picker, and for other extensions. */
export function createNative(deps: ModelProviderDeps): Disposable {
  const subscriptions = new DisposableStore();
  const provider = subscriptions.add(new ModelProvider(deps));
  subscriptions.add(vscode.lm.registerLanguageModelChatProvider(ownVendor, provider));
  return subscriptions;
}
