import type * as vscode from "vscode";

const keyOf = (id: string): string => `paddock.database.${id}`;
/** The ids that have a password, so that all of them can be deleted: no API of 1.104 lists secrets. */
const KEPT = "paddock.databasePasswords";

/** Passwords by connection, in the editor's secret storage alone. */
export class DatabasePasswords {
  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly memento: vscode.Memento,
  ) {}

  async get(id: string): Promise<string | undefined> {
    return this.secrets.get(keyOf(id));
  }

  /** Undefined takes it away. */
  async set(id: string, password: string | undefined): Promise<void> {
    const others = this.kept().filter((one) => one !== id);
    if (password === undefined) {
      await this.secrets.delete(keyOf(id));
      await this.memento.update(KEPT, others);
      return;
    }
    // Named before it is there: what is named and is not there costs nothing.
    await this.memento.update(KEPT, [...others, id]);
    await this.secrets.store(keyOf(id), password);
  }

  /** All of them, of every workspace. */
  async erase(): Promise<void> {
    for (const id of this.kept()) await this.secrets.delete(keyOf(id));
    await this.memento.update(KEPT, undefined);
  }

  private kept(): readonly string[] {
    const kept = this.memento.get<unknown>(KEPT);
    return Array.isArray(kept) ? kept.filter((id): id is string => typeof id === "string") : [];
  }
}
