import type { ModelId } from "../../engine/backend";
import type { Event } from "../../platform/core/event";

/** A model that runs on a server or in another extension. Names are untrusted. */
export interface ElsewhereModel {
  readonly id: ModelId;
  readonly displayName: string;
  /** Where text goes that it is asked, for people; undefined: it stays on this machine. */
  readonly destination: string | undefined;
  /** Whether it can do that; undefined: nobody says. */
  readonly chat?: boolean | undefined;
  readonly embed?: boolean | undefined;
}

/** One place where such models are, as the Models view shows it. */
export interface ElsewherePlace {
  /** Stable, and unlike that of any other place. */
  readonly id: string;
  readonly name: string;
  /** How it is there, in words for a person; empty where there is nothing to say. */
  readonly state: string;
  readonly isAway: boolean;
  /** Another extension, through VS Code, and no server that a person has added. */
  readonly isExtension?: boolean;
  readonly tooltip: readonly string[];
  readonly models: readonly ElsewhereModel[];
}

/** What rooms that know of such models tell of them. Listing asks nobody: it is what is known already. */
export interface ElsewhereModels {
  readonly onDidChange: Event<unknown>;
  places(): readonly ElsewherePlace[];
  /** By its id, also where its place is away; undefined: the id is none of these. */
  find(id: string): ElsewhereModel | undefined;
  /** Somebody wants to see them: what is not known is found out, and the rest again where that is asked for. */
  look(again: boolean): Promise<void>;
}
