import type { DownloadView } from "./downloadState";
import type { ElsewhereModel, ElsewherePlace } from "./elsewhere";
import { type ModelRole, modelRoles } from "./roles";
import { type ModelPlace, type PlaceNote, placeKinds, type StoreContents, type StoredModel } from "./storedModel";

/** What stands in the Models view, apart from words. `id` is stable, so that what is folded stays folded. */
export type ModelNode =
  | { readonly kind: "roles"; readonly id: string; readonly children: readonly ModelNode[] }
  | { readonly kind: "downloads"; readonly id: string; readonly children: readonly ModelNode[] }
  | {
      readonly kind: "place";
      readonly id: string;
      readonly place: ModelPlace;
      readonly children: readonly ModelNode[];
    }
  | { readonly kind: "elsewhere"; readonly id: string; readonly children: readonly ModelNode[] }
  | {
      readonly kind: "elsewherePlace";
      readonly id: string;
      readonly elsewhere: ElsewherePlace;
      readonly children: readonly ModelNode[];
    }
  | { readonly kind: "elsewhereModel"; readonly id: string; readonly elsewhere: ElsewhereModel }
  | { readonly kind: "role"; readonly id: string; readonly role: ModelRole }
  | { readonly kind: "model"; readonly id: string; readonly model: StoredModel }
  | { readonly kind: "note"; readonly id: string; readonly note: PlaceNote }
  | { readonly kind: "download"; readonly id: string; readonly download: DownloadView };

/**
 * The view from top to bottom: what is used, what is on its way, what is there by place, what runs elsewhere. Nothing at
 * all where there is only what travels with Paddock: then the view says how to get more.
 */
export function modelTree(
  { models, notes }: StoreContents,
  downloads: readonly DownloadView[],
  elsewhere: readonly ElsewherePlace[] = [],
): ModelNode[] {
  const isBare = notes.length === 0 && downloads.length === 0 && elsewhere.length === 0;
  if (isBare && models.every(({ place }) => place.kind === "bundled")) return [];
  return [
    { kind: "roles", id: "roles", children: modelRoles.map((role) => ({ kind: "role", id: `role:${role}`, role })) },
    ...(downloads.length === 0 ? [] : [downloadsNode(downloads)]),
    ...placesOf(models, notes),
    ...(elsewhere.length === 0 ? [] : [elsewhereNode(elsewhere)]),
  ];
}

function elsewhereNode(places: readonly ElsewherePlace[]): ModelNode {
  return {
    kind: "elsewhere",
    id: "elsewhere",
    children: places.map((place) => ({
      kind: "elsewherePlace",
      id: `elsewhere:${place.id}`,
      elsewhere: place,
      children: place.models.map((model) => ({
        kind: "elsewhereModel",
        id: `elsewhere:${model.id}`,
        elsewhere: model,
      })),
    })),
  };
}

function downloadsNode(downloads: readonly DownloadView[]): ModelNode {
  return {
    kind: "downloads",
    id: "downloads",
    children: downloads.map((download) => ({ kind: "download", id: `download:${download.id}`, download })),
  };
}

/** One group for each folder of the person's, one for all that travels with Paddock, one for all chosen files. */
function placesOf(models: readonly StoredModel[], notes: readonly PlaceNote[]): ModelNode[] {
  const groups = new Map<string, { place: ModelPlace; models: StoredModel[]; notes: PlaceNote[] }>();
  const groupOf = (place: ModelPlace): { models: StoredModel[]; notes: PlaceNote[] } => {
    const key = place.kind === "bundled" || place.kind === "chosen" ? place.kind : `${place.kind}:${place.folder}`;
    const group = groups.get(key) ?? { place, models: [], notes: [] };
    groups.set(key, group);
    return group;
  };
  for (const model of models) groupOf(model.place).models.push(model);
  for (const note of notes) groupOf(note.place).notes.push(note);
  return [...groups]
    .sort(([, a], [, b]) => placeKinds.indexOf(a.place.kind) - placeKinds.indexOf(b.place.kind))
    .map(([key, group]): ModelNode => ({
      kind: "place",
      id: `place:${key}`,
      place: group.place,
      children: [
        ...group.models.map((model): ModelNode => ({ kind: "model", id: `model:${model.id}`, model })),
        ...group.notes.map((note): ModelNode => ({ kind: "note", id: `note:${note.path}:${note.why}`, note })),
      ],
    }));
}
