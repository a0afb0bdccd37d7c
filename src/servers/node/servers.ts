import type { ModelId } from "../../engine/backend";
import type { ModelInfo } from "../../engine/protocol";
import { isCancellation, PaddockError, toPaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { Disposable } from "../../platform/core/disposables";
import { serverAddress } from "../../platform/core/serverAddress";
import { parseServerModelId, type ServerEntry, serverDestination } from "../core/serverEntry";
import { readOllamaModel, type ServerLook, type ServerModel } from "../core/serverLook";
import { TokenGuess } from "../core/tokenGuess";
import { ServerClient } from "./serverClient";
import type { ServerHttp } from "./serverHttp";

/** How a server was when somebody looked last. */
export type ServerHealth =
  | { readonly status: "unknown" }
  | { readonly status: "looking"; readonly last: ServerLook | undefined }
  | { readonly status: "there"; readonly look: ServerLook }
  | { readonly status: "away"; readonly error: PaddockError };

export interface ServersDeps {
  readonly http: ServerHttp;
  /** Those that the person has added, as they are now. */
  readonly entries: () => readonly ServerEntry[];
  /** The key for an origin, where the person gave one. */
  readonly keyFor: (origin: string) => Promise<string | undefined>;
}

/** A model of a server, and whom to ask for it. */
export interface ReachedModel {
  readonly client: ServerClient;
  readonly kind: ServerLook["kind"];
  readonly model: ServerModel;
  readonly destination: string;
  readonly guess: TokenGuess;
}

type Can = ModelInfo["can"];

interface Known {
  readonly url: string;
  readonly client: ServerClient;
  health: ServerHealth;
  looking: Promise<ServerLook> | undefined;
  /** What was learnt of single models since the last look. */
  readonly models: Map<string, ServerModel>;
  readonly can: Map<string, Can>;
  readonly guesses: Map<string, TokenGuess>;
}

/**
 * The servers that the person has added, and what is known of them. Nobody is asked before somebody wants to see a
 * server or to use it.
 */
export class Servers implements Disposable {
  private readonly known = new Map<string, Known>();
  private readonly changed = new Emitter<void>();
  /** Of a server more is known, or there are others. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly deps: ServersDeps) {}

  list(): readonly ServerEntry[] {
    return this.deps.entries();
  }

  /** The setting is another. */
  entriesChanged(): void {
    const ids = new Set(this.list().map(({ id }) => id));
    for (const id of this.known.keys()) if (!ids.has(id)) this.known.delete(id);
    this.changed.fire();
  }

  /** Another key may make another answer. */
  keysChanged(): void {
    this.known.clear();
    this.changed.fire();
  }

  health(server: string): ServerHealth {
    return this.known.get(server)?.health ?? { status: "unknown" };
  }

  /** Where text goes; undefined: there is no such server, or its address is none. */
  destination(server: string): string | undefined {
    const entry = this.entry(server);
    if (entry === undefined) return undefined;
    try {
      return serverDestination(entry, serverAddress(entry.url));
    } catch {
      return undefined;
    }
  }

  /** Models of a server as they were found last. */
  models(server: string): readonly ServerModel[] {
    const health = this.health(server);
    if (health.status === "there") return health.look.models;
    return health.status === "looking" ? (health.last?.models ?? []) : [];
  }

  /** What is known of a model without asking; undefined: nothing. */
  knownModel(id: ModelId): ServerModel | undefined {
    const parsed = parseServerModelId(id);
    if (parsed === undefined) return undefined;
    return (
      this.known.get(parsed.server)?.models.get(parsed.model) ??
      this.models(parsed.server).find(({ name }) => name === parsed.model)
    );
  }

  /**
   * Asks a server what it is and has.
   * @throws PaddockError server/*, hub/address; what the signal was aborted with.
   */
  async look(server: string, signal: AbortSignal): Promise<ServerLook> {
    const known = this.of(server);
    const { health } = known;
    const last = health.status === "there" ? health.look : health.status === "looking" ? health.last : undefined;
    const looking = known.client.look(signal);
    known.looking = looking;
    known.health = { status: "looking", last };
    this.changed.fire();
    try {
      const look = await looking;
      known.models.clear();
      known.can.clear();
      this.settle(known, looking, { status: "there", look });
      return look;
    } catch (error) {
      const before: ServerHealth = last === undefined ? { status: "unknown" } : { status: "there", look: last };
      this.settle(known, looking, isCancellation(error) ? before : { status: "away", error: toPaddockError(error) });
      throw error;
    }
  }

  /**
   * Looks at all of them that nobody has looked at yet.
   * @param again at the others too. Never rejects: what fails is their health.
   */
  async lookAll(signal: AbortSignal, again = false): Promise<void> {
    const wanted = this.list().filter(({ id }) => again || this.health(id).status === "unknown");
    await Promise.allSettled(wanted.map(({ id }) => this.look(id, signal)));
  }

  /**
   * Whom to ask for a model. Asks the server what it is, where that is not known.
   * @throws PaddockError server/*; what the signal was aborted with.
   */
  async reach(id: ModelId, signal: AbortSignal): Promise<ReachedModel> {
    const parsed = parseServerModelId(id);
    const destination = parsed === undefined ? undefined : this.destination(parsed.server);
    if (parsed === undefined || destination === undefined) {
      throw new PaddockError("server/unknown", `The server of ${id.slice(0, 200)} is not among those you have added.`, {
        remedy: "Add it with “Paddock: Add Server…”, or choose another model.",
      });
    }
    const { server, model: name } = parsed;
    const known = this.of(server);
    const look = known.health.status === "there" ? known.health.look : await this.look(server, signal);
    const listed = look.models.find((one) => one.name === name);
    if (listed === undefined) {
      throw new PaddockError("server/unknown", `${destination} does not have ${name.slice(0, 200)} any more.`, {
        remedy: "Choose another of its models, or one on this machine.",
      });
    }
    const { client } = known;
    const model = known.models.get(name) ?? (await this.detailed(client, look, listed, signal));
    known.models.set(name, model);
    const guess = known.guesses.get(name) ?? new TokenGuess();
    known.guesses.set(name, guess);
    return { client, kind: look.kind, model, destination, guess };
  }

  /**
   * What a model can do. Where a server does not say, llama-server is tried with empty texts, and of others the usual is
   * assumed: what then fails says so.
   */
  async can(id: ModelId, signal: AbortSignal): Promise<Can> {
    const { client, kind, model } = await this.reach(id, signal);
    const known = this.of(parseServerModelId(id)?.server ?? "");
    const told = known.can.get(model.name);
    if (told !== undefined) return told;
    const can = kind === "llama-server" ? await triedOut(client, model, signal) : assumed(model);
    known.can.set(model.name, can);
    return can;
  }

  dispose(): void {
    this.changed.dispose();
  }

  private entry(server: string): ServerEntry | undefined {
    return this.list().find(({ id }) => id === server);
  }

  private of(server: string): Known {
    const entry = this.entry(server);
    if (entry === undefined) throw new PaddockError("server/unknown", `There is no server ${server.slice(0, 100)}.`);
    const now = this.known.get(server);
    if (now?.url === entry.url) return now;
    const client = new ServerClient(this.deps.http, async () => {
      const address = serverAddress(entry.url);
      const key = await this.deps.keyFor(new URL(address).origin);
      return { address, destination: this.destination(server) ?? entry.url, key };
    });
    const known: Known = {
      url: entry.url,
      client,
      health: { status: "unknown" },
      looking: undefined,
      models: new Map(),
      can: new Map(),
      guesses: new Map(),
    };
    this.known.set(server, known);
    return known;
  }

  /** A later look says more. */
  private settle(known: Known, looking: Promise<ServerLook>, health: ServerHealth): void {
    if (known.looking !== looking) return;
    known.looking = undefined;
    known.health = health;
    this.changed.fire();
  }

  private async detailed(
    client: ServerClient,
    { kind }: ServerLook,
    model: ServerModel,
    signal: AbortSignal,
  ): Promise<ServerModel> {
    if (kind !== "ollama") return model;
    const silent = (error: unknown): undefined => {
      if (isCancellation(error)) throw error;
    };
    const [show, loaded] = await Promise.all([
      client.json("/api/show", { body: { model: model.name }, signal }).catch(silent),
      client.json("/api/ps", { signal }).catch(silent),
    ]);
    return readOllamaModel(model, show, loaded);
  }
}

function assumed({ chat, embed, tools }: ServerModel): Can {
  return { chat: chat ?? true, fillInMiddle: false, embed: embed ?? true, tools: tools ?? true, schema: chat ?? true };
}

/** Its answers to empty questions cost it nothing; started for embeddings it does nothing else. */
async function triedOut(client: ServerClient, model: ServerModel, signal: AbortSignal): Promise<Can> {
  const works = async (path: string, body: unknown): Promise<boolean> => {
    try {
      await client.json(path, { body, signal });
      return true;
    } catch (error) {
      if (error instanceof PaddockError && (error.code === "unsupported" || error.code === "server/refused"))
        return false;
      throw error;
    }
  };
  const { name } = model;
  const embed = await works("/v1/embeddings", { model: name, input: "a" });
  const fillInMiddle =
    !embed && (await works("/infill", { model: name, input_prefix: "", input_suffix: "", n_predict: 0 }));
  return { chat: !embed, fillInMiddle, embed, tools: !embed && (model.tools ?? false), schema: !embed };
}
