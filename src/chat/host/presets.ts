import type { Disposable } from "../../platform/core/disposables";
import { Emitter } from "../../platform/core/event";
import type { ChatTexts } from "../core/chatTexts";
import type { ConversationSettings } from "../core/conversationSettings";
import { type BuiltInName, builtInSettings, type ShownPreset } from "../core/presets";
import type { PresetStore } from "../node/presetStore";

/** Presets as they are offered: those that come with Paddock, then the person's own. */
export class Presets implements Disposable {
  private readonly changes = new Emitter<void>();
  readonly onDidChange = this.changes.event;

  constructor(
    private readonly store: PresetStore,
    private readonly texts: Pick<ChatTexts, "presetNames">,
  ) {}

  list(): ShownPreset[] {
    const builtIn = (Object.keys(builtInSettings) as BuiltInName[]).map((id) => ({
      id,
      name: this.texts.presetNames[id],
      settings: builtInSettings[id],
      builtIn: true,
    }));
    const own = this.store.presets.map((preset) => ({ ...preset, builtIn: false }));
    return [...builtIn, ...own.sort((a, b) => a.name.localeCompare(b.name))];
  }

  /** The id of the preset that new conversations begin with. */
  standard(): string {
    const { standard } = this.store;
    return this.list().find(({ id }) => id === standard)?.id ?? "default";
  }

  standardSettings(): ConversationSettings {
    const id = this.standard();
    return this.list().find((preset) => preset.id === id)?.settings ?? {};
  }

  async refresh(): Promise<void> {
    await this.store.refresh();
    this.changes.fire();
  }

  async save(name: string, settings: ConversationSettings): Promise<void> {
    await this.store.save(name, settings);
    this.changes.fire();
  }

  async remove(id: string): Promise<void> {
    await this.store.remove(id);
    this.changes.fire();
  }

  async setStandard(id: string): Promise<void> {
    await this.store.setStandard(id === "default" ? undefined : id);
    this.changes.fire();
  }

  dispose(): void {
    this.changes.dispose();
  }
}
