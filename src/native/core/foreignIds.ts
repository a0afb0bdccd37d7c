import type { ModelId } from "../../engine/backend";

const prefix = "vscode:";

/** The id under which a model of another extension is chosen here. */
export function foreignId(vendor: string, id: string): ModelId {
  return `${prefix}${vendor}/${id}` as ModelId;
}

/** @returns undefined for any other model. A vendor has no slash, an id may. */
export function parseForeignId(model: string): { readonly vendor: string; readonly id: string } | undefined {
  if (!model.startsWith(prefix)) return undefined;
  const slash = model.indexOf("/");
  if (slash < 0) return undefined;
  return { vendor: model.slice(prefix.length, slash), id: model.slice(slash + 1) };
}
