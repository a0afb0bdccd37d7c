import type { ElsewhereModel } from "./elsewhere";
import { canChat, canEmbed, type StoredModel } from "./storedModel";

/** What a model can be used for. */
export const modelRoles = ["chat", "completion", "embedding"] as const;
export type ModelRole = (typeof modelRoles)[number];

export function fitsRole(role: ModelRole, model: Pick<StoredModel, "content">): boolean {
  return role === "embedding" ? canEmbed(model) : canChat(model);
}

/** Of a model that runs elsewhere; what nobody says is tried. */
export function fitsRoleElsewhere(role: ModelRole, { chat, embed }: Pick<ElsewhereModel, "chat" | "embed">): boolean {
  return (role === "embedding" ? embed : chat) ?? true;
}

/** Who has a role, and why. */
export type RoleHolder<Model> =
  /** The one that the person chose, or by default the starter for the chat. */
  | { readonly kind: "chosen"; readonly model: Model }
  /** Nobody was chosen for completions: the chat's model makes them. */
  | { readonly kind: "chat"; readonly model: Model }
  /** Nobody was chosen for completions, and the chat's model runs elsewhere: what is typed stays on this machine. */
  | { readonly kind: "here"; readonly model: Model }
  /** The chosen one is gone, and this one stands in. `wanted` is what the setting says. */
  | { readonly kind: "stands-in"; readonly model: Model; readonly wanted: string }
  /** Nobody was chosen for embeddings, or the chosen one is gone. */
  | { readonly kind: "none"; readonly wanted: string | undefined };

/**
 * @param setting of the role; empty for none.
 * @param find the model that a setting names, undefined where its file is gone or it names nothing.
 * @param standIn the chat's model, for completions; where that runs elsewhere, one that runs here.
 * @param usual what a stand-in is that nobody chose.
 */
export function roleHolder<Model>(
  setting: string,
  find: (setting: string) => Model | undefined,
  standIn: Model | undefined,
  usual: "chat" | "here" = "chat",
): RoleHolder<Model> {
  const wanted = setting === "" ? undefined : setting;
  const model = wanted === undefined ? undefined : find(wanted);
  if (model !== undefined) return { kind: "chosen", model };
  if (standIn === undefined) return { kind: "none", wanted };
  return wanted === undefined ? { kind: usual, model: standIn } : { kind: "stands-in", model: standIn, wanted };
}

/** Bytes of memory that models take which are used side by side. */
export interface Neighbour {
  readonly name: string;
  /** As measured where it is loaded; else its weights alone. */
  readonly bytes: number;
}

/**
 * Whether two models that are used by turns fit this machine's memory side by side.
 * @param room bytes that models may take.
 * @returns undefined where they fit; else what both take.
 */
export function tooMuchTogether(first: Neighbour, second: Neighbour, room: number): number | undefined {
  const together = first.bytes + second.bytes;
  return together > room ? together : undefined;
}
