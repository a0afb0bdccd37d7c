import * as vscode from "vscode";
import { Emitter } from "../core/event";
import type { Logger } from "../core/logger";
import { parseSettings, type SettingKey, settingKeys, type Settings } from "../core/settings";

export interface SettingsChange {
  readonly settings: Settings;
  readonly changed: ReadonlySet<SettingKey>;
}

/** Reads and watches the settings under "paddock". */
export class SettingsService implements vscode.Disposable {
  private readonly changes = new Emitter<SettingsChange>();
  private readonly subscription: vscode.Disposable;
  private settings: Settings;
  readonly onDidChange = this.changes.event;

  constructor(private readonly log: Logger) {
    this.settings = this.read();
    this.subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration("paddock")) return;
      const before = this.settings;
      this.settings = this.read();
      const changed = new Set(settingKeys.filter((key) => !isSame(before[key], this.settings[key])));
      if (changed.size > 0) this.changes.fire({ settings: this.settings, changed });
    });
  }

  get current(): Settings {
    return this.settings;
  }

  /** As they are for a folder of the workspace, which may have settings of its own. */
  in(folder: vscode.Uri): Settings {
    return this.read(folder);
  }

  /** Write for this machine's user; resolves when the settings file is written. */
  async setModel(value: string): Promise<void> {
    await this.set("model", value === "" ? undefined : value);
  }

  /** As setModel; undefined takes the setting out, so that its default holds. */
  async set<K extends SettingKey>(key: K, value: Settings[K] | undefined): Promise<void> {
    await vscode.workspace.getConfiguration("paddock").update(key, value, vscode.ConfigurationTarget.Global);
  }

  dispose(): void {
    this.subscription.dispose();
    this.changes.dispose();
  }

  private read(folder?: vscode.Uri): Settings {
    const configuration = vscode.workspace.getConfiguration("paddock", folder);
    return parseSettings(
      (key) => configuration.get<unknown>(key),
      (problem) => this.log.warn(problem),
    );
  }
}

/** Lists and maps are read anew each time. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
