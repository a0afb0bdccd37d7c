import * as vscode from "vscode";
import { formatBytes } from "../../platform/core/format";
import { plainLabel } from "../../platform/host/plainLabel";
import type { SettingsService } from "../../platform/host/settingsService";
import type { ActiveDownloads } from "../core/activeDownloads";
import type { ModelNode } from "../core/modelTree";
import { fitsRole, fitsRoleElsewhere, type ModelRole, modelRoles } from "../core/roles";
import { isOurs, type StoredModel } from "../core/storedModel";
import type { KnownModel, ModelRegistry } from "../node/modelRegistry";
import type { ModelStore } from "../node/modelStore";
import { agreesToDelete, type ChangeDeps, askForName, deleteModel, deletionOf, renameModel } from "./changeModel";
import { elsewhereWords } from "./elsewhereItems";
import { kindName, placeName, roleName } from "./modelItems";
import type { ModelRoles } from "./modelRoles";
import { askForModelFile } from "./pickOtherModel";
import type { FileHash } from "../node/hashInWorker";
import { verifyWithWords } from "./verifyModel";

export interface StoreCommandsDeps extends ChangeDeps {
  readonly registry: ModelRegistry;
  readonly settings: SettingsService;
  readonly downloads: ActiveDownloads | undefined;
  /** See VerifyDeps. */
  readonly downloadedHash: (file: string) => Promise<string | undefined>;
  readonly hash: FileHash;
}

type Commands = Readonly<Record<string, (...given: unknown[]) => unknown>>;

/**
 * What a person does with models, by the name after "paddock.". From the view they are given the item; from the palette
 * nothing, and then they ask; another caller may give a model's id or path.
 */
export function storeCommands(deps: StoreCommandsDeps): Commands {
  const { store, settings, lifecycle, roles, downloads } = deps;
  const use =
    (role: ModelRole) =>
    async (given?: unknown): Promise<void> => {
      const model = await chosenFor(role, given, deps);
      if (model !== undefined) await roles.assign(role, model);
    };
  const withModel =
    (title: string, fits: (model: StoredModel) => boolean, work: (model: StoredModel) => Promise<unknown>) =>
    async (given?: unknown): Promise<void> => {
      const model = givenModel(given, store) ?? (await pickStored(title, fits, store));
      if (model !== undefined) await work(model);
    };
  const all = (): boolean => true;
  const download =
    (work: "pause" | "resume" | "cancel") =>
    async (given?: unknown): Promise<void> => {
      if (isNode(given) && given.kind === "download") await downloads?.[work](given.download.id);
    };
  return {
    useForChat: use("chat"),
    useForCompletions: use("completion"),
    useForEmbeddings: use("embedding"),
    resetModelRole: async (given) => {
      const role = isNode(given) && given.kind === "role" ? given.role : await pickRole(roles);
      if (role !== undefined) await roles.release(role);
    },
    refreshModels: () => Promise.all([store.refresh(), deps.registry.lookElsewhere(true)]),
    addModelFolder: () => addFolder(settings),
    revealModel: withModel(vscode.l10n.t("Reveal Model"), all, (model) => reveal(model)),
    copyModelPath: withModel(vscode.l10n.t("Copy Model's Path"), all, async (model) =>
      vscode.env.clipboard.writeText(model.path),
    ),
    verifyModel: withModel(vscode.l10n.t("Verify Model's Checksum"), all, (model) =>
      verifyWithWords(model, {
        manifestHash: ({ place, id }) => (place.kind === "bundled" ? deps.registry.known(id)?.sha256 : undefined),
        downloadedHash: deps.downloadedHash,
        hash: deps.hash,
      }),
    ),
    renameModel: withModel(vscode.l10n.t("Rename Model"), isOurs, async (model) => {
      const name = (await askForName(model))?.trim();
      if (name !== undefined && name !== model.name) await renameModel(model, name, deps);
    }),
    deleteModel: withModel(
      vscode.l10n.t("Delete Model"),
      ({ place }) => place.kind !== "bundled",
      async (model) => {
        // What can't be deleted is said before anybody is asked.
        await deletionOf(model);
        const used = roles.rolesOf(model.id);
        if ((await agreesToDelete(model, { lifecycle })) && (await deleteModel(model, deps))) tellHeirs(used, roles);
      },
    ),
    pauseDownload: download("pause"),
    resumeDownload: download("resume"),
    cancelDownload: download("cancel"),
  };
}

/** An item of the view, as VS Code hands it to a command. */
export function isNode(given: unknown): given is ModelNode {
  return typeof given === "object" && given !== null && "kind" in given && "id" in given;
}

/** The model of an item, an id or a path that a command was given. */
export function givenModel(given: unknown, store: ModelStore): StoredModel | undefined {
  if (typeof given === "string") return store.find(given);
  return isNode(given) && given.kind === "model" ? given.model : undefined;
}

async function chosenFor(role: ModelRole, given: unknown, deps: StoreCommandsDeps): Promise<KnownModel | undefined> {
  const { registry, store, roles } = deps;
  await store.ready();
  const model = givenModel(given, store);
  if (model !== undefined) return knownModel(model, registry);
  if (isNode(given) && given.kind === "elsewhereModel") return registry.fromSetting(given.elsewhere.id);
  if (typeof given === "string") return registry.fromSetting(given);
  const holder = roles.holder(role);
  const now = holder.kind === "none" ? undefined : holder.model.id;
  const choose = { label: `$(folder-opened) ${vscode.l10n.t("Choose a .gguf file…")}`, model: undefined };
  const fitting = (store.current?.models ?? []).filter((one) => fitsRole(role, one));
  const others = registry
    .elsewhere()
    .flatMap(({ models }) => models.filter((one) => fitsRoleElsewhere(role, one)))
    .map((one) => ({
      label: `${one.id === now ? "$(check) " : ""}$(globe) ${plainLabel(one.displayName)}`,
      description: plainLabel(elsewhereWords(one.destination)),
      model: registry.fromSetting(one.id),
    }));
  const picked = await vscode.window.showQuickPick(
    [
      ...fitting.map((one) => ({ ...storedItem(one, one.id === now), model: knownModel(one, registry) })),
      ...others,
      { label: "", kind: vscode.QuickPickItemKind.Separator, model: undefined },
      choose,
    ],
    {
      title: vscode.l10n.t("Model for {0}", roleName(role)),
      placeHolder:
        role === "embedding" && fitting.length === 0 && others.length === 0
          ? vscode.l10n.t("No model on this machine makes embeddings")
          : vscode.l10n.t("Choose a model"),
      matchOnDescription: true,
      matchOnDetail: true,
    },
  );
  if (picked === undefined) return undefined;
  if (picked.model !== undefined) return picked.model;
  const file = await askForModelFile();
  return file === undefined ? undefined : registry.fromSetting(file);
}

function knownModel({ id, path: file, place }: StoredModel, registry: ModelRegistry): KnownModel {
  return registry.known(id) ?? registry.fromSetting(place.kind === "bundled" ? id : file);
}

function storedItem(model: StoredModel, isCurrent: boolean): vscode.QuickPickItem {
  const { content } = model;
  return {
    label: `${isCurrent ? "$(check) " : ""}${plainLabel(model.name)}`,
    description: [
      formatBytes(model.sizeBytes),
      content.usable ? content.facts.quantization : vscode.l10n.t("cannot be used"),
      content.usable && content.facts.kind !== "model" ? kindName(content.facts.kind) : undefined,
      placeName(model.place),
    ]
      .filter((part) => part !== undefined)
      .map(plainLabel)
      .join(" · "),
    detail: plainLabel(model.path),
  };
}

async function pickStored(
  title: string,
  fits: (model: StoredModel) => boolean,
  store: ModelStore,
): Promise<StoredModel | undefined> {
  const items = store
    .ready()
    .then(({ models }) => models.filter(fits).map((model) => ({ ...storedItem(model, false), model })));
  if ((await items).length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t("There is no model on this machine for which this works."));
    return undefined;
  }
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true, matchOnDetail: true }))?.model;
}

async function pickRole(roles: ModelRoles): Promise<ModelRole | undefined> {
  const items = modelRoles.flatMap((role) => {
    const holder = roles.holder(role);
    return holder.kind === "chosen" || holder.kind === "stands-in"
      ? [{ label: roleName(role), description: plainLabel(holder.model.displayName), role }]
      : [];
  });
  return (
    await vscode.window.showQuickPick(items, {
      title: vscode.l10n.t("Reset a Model's Role"),
      placeHolder: vscode.l10n.t("As if no model had been chosen for it"),
    })
  )?.role;
}

/** Who does what the deleted model did. */
function tellHeirs(used: readonly ModelRole[], roles: ModelRoles): void {
  const heirs = used.map((role) => {
    const holder = roles.holder(role);
    return `${roleName(role)}: ${holder.kind === "none" ? vscode.l10n.t("no model") : holder.model.displayName}`;
  });
  if (heirs.length > 0)
    void vscode.window.showInformationMessage(
      vscode.l10n.t("The deleted model was in use. Now: {0}.", heirs.join(", ")),
    );
}

async function addFolder(settings: SettingsService): Promise<void> {
  const [folder] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t("Choose a folder with models"),
      openLabel: vscode.l10n.t("Add Folder"),
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  if (folder === undefined) return;
  const folders = settings.current["models.extraFolders"];
  if (!folders.includes(folder.fsPath)) await settings.set("models.extraFolders", [...folders, folder.fsPath]);
}

/** Where the window and the files are on two machines there is no file explorer that could show them. */
async function reveal(model: StoredModel): Promise<void> {
  const known = await vscode.commands.getCommands(true);
  if (vscode.env.remoteName === undefined && known.includes("revealFileInOS")) {
    await vscode.commands.executeCommand("revealFileInOS", vscode.Uri.file(model.path));
    return;
  }
  const copy = vscode.l10n.t("Copy Path");
  const picked = await vscode.window.showInformationMessage(
    vscode.l10n.t("The model lies on the machine that holds your files, at {0}.", model.path),
    copy,
  );
  if (picked === copy) await vscode.env.clipboard.writeText(model.path);
}
