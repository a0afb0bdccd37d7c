import type * as vscode from "vscode";
import * as v from "valibot";

const secretsSchema = v.record(v.string(), v.pipe(v.string(), v.minLength(1), v.maxLength(4000)));

/**
 * Tokens and keys in the editor's secret storage, each by the origin it was given for: an address set later never gets
 * the one of another.
 */
export class OriginSecrets {
  /** @param key of the secret storage, under which all of them are. */
  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly key: string,
  ) {}

  async get(origin: string): Promise<string | undefined> {
    return (await this.all())[origin];
  }

  /** @param secret empty: none any more. */
  async set(origin: string, secret: string): Promise<void> {
    const others = Object.entries(await this.all()).filter(([other]) => other !== origin);
    const all = secret === "" ? others : [...others, [origin, secret] as const];
    if (all.length === 0) await this.secrets.delete(this.key);
    else await this.secrets.store(this.key, JSON.stringify(Object.fromEntries(all)));
  }

  /** All of them, for every origin. */
  async forget(): Promise<void> {
    await this.secrets.delete(this.key);
  }

  private async all(): Promise<Readonly<Record<string, string>>> {
    const text = await this.secrets.get(this.key);
    if (text === undefined) return {};
    try {
      const parsed = v.safeParse(secretsSchema, JSON.parse(text));
      return parsed.success ? parsed.output : {};
    } catch {
      return {};
    }
  }
}
