import { ggmlTypes } from "../../gguf/core/ggmlTypes";
import type { GgufTensor } from "../../gguf/core/ggufHeader";
import { layerOf } from "../../gguf/core/modelShape";
import { roleOf } from "./architecture";
import type { TypeMap } from "./inspectorContract";

export function typeName(type: number): string {
  return ggmlTypes.get(type)?.name ?? String(type);
}

/** Layers and roles in the order in which the file has them, layers by their number. */
export function typeMap(tensors: readonly GgufTensor[]): TypeMap {
  const roles: string[] = [];
  const columns = new Map<string, number>();
  const layers = new Map<number, (string | null)[]>();
  const others: TypeMap["others"] = [];
  for (const { name, type } of tensors) {
    const layer = layerOf(name);
    if (layer === undefined) {
      others.push({ name, type: typeName(type) });
      continue;
    }
    const role = roleOf(name);
    let column = columns.get(role);
    if (column === undefined) {
      column = roles.push(role) - 1;
      columns.set(role, column);
    }
    const row = layers.get(layer) ?? [];
    layers.set(layer, row);
    row[column] = typeName(type);
  }
  const shownRoles = roles.length > MAX_ROLES ? roles.slice(0, MAX_ROLES) : roles;
  return {
    roles: shownRoles,
    layers: [...layers]
      .sort(([a], [b]) => a - b)
      .map(([layer, types]) => ({ layer, types: shownRoles.map((_, column) => types[column] ?? null) })),
    others,
  };
}

/** A file of 65,536 tensors of as many roles is no model; a model has some thirty. */
const MAX_ROLES = 100;
