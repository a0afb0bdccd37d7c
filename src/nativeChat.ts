import { samplingOf } from "./chat/core/conversationSettings";
import type { ModelLifecycle, PortableBackend } from "./engine/backend";
import { LocalModelList } from "./localModels";
import type { ModelsRoom } from "./models/host/models";
import type { ModelRegistry } from "./models/node/modelRegistry";
import { createNative } from "./native/host/native";
import { type Disposable, DisposableStore } from "./platform/core/disposables";
import type { Logger } from "./platform/core/logger";
import { describeError } from "./platform/host/errorWords";
import type { SettingsService } from "./platform/host/settingsService";

export interface JoinedNativeDeps {
  readonly backend: PortableBackend;
  readonly lifecycle: ModelLifecycle;
  readonly registry: ModelRegistry;
  readonly models: ModelsRoom;
  readonly settings: SettingsService;
  readonly log: Logger;
}

/** Gives VS Code's own chat what it needs of the other rooms. */
export function joinNative({ backend, lifecycle, registry, models, settings, log }: JoinedNativeDeps): Disposable {
  const store = new DisposableStore();
  const list = store.add(new LocalModelList({ registry, models, lifecycle, settings }));
  store.add(
    createNative({
      ...{ models: list, backend, describeError, log },
      maxTokens: () => settings.current["chat.maxTokens"],
      reasoningBudget: () => settings.current["chat.reasoningBudget"],
      sampling: samplingOf({}),
    }),
  );
  return store;
}
