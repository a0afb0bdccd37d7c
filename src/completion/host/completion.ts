import * as vscode from "vscode";
import type { EmbeddedBackend, ModelId, ModelLifecycle } from "../../engine/backend";
import type { InfillLayout } from "../../engine/infill";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { toPaddockError } from "../../platform/core/errors";
import type { Event } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type { CompletionRecord } from "../core/completionRecord";
import type { FileRules } from "../core/fileRules";
import type { MayRead } from "../core/mayRead";
import { ChunkKeeper } from "../node/chunkKeeper";
import { Completions } from "../node/completions";
import type { Generation } from "../node/generation";
import type { CompletionSettings } from "../node/modelAsker";
import { recordOf } from "../node/recordOf";
import type { SyntaxReader } from "../core/syntaxAt";
import { type ChunkSourceDeps, EditorChunks } from "./chunkSource";
import { CompletionStatus } from "./completionStatus";
import { GhostText } from "./ghostText";
import { PlaceRules } from "./placeRules";
import { PromptDocument } from "./promptDocument";
import { reasonWords } from "./reasonWords";
import { RecentEditTracker } from "./recentEditTracker";
import { snapshotOf } from "./snapshots";

/** Where it is remembered for which models the person was told what they cannot see. */
const TOLD_KEY = "completion.toldPrefixOnly";
const TOLD_MS = 15_000;
/** The model may have to be loaded again to describe a prompt, ms. */
const DESCRIBE_MS = 60_000;

/** All that the suggestions are given. */
export interface CompletionRoomDeps {
  readonly backend: Pick<EmbeddedBackend, "infill" | "describeInfill">;
  readonly lifecycle: Pick<ModelLifecycle, "load" | "state" | "onDidChangeState">;
  readonly model: () => { readonly id: ModelId; readonly displayName: string };
  readonly onDidChangeModel: Event<void>;
  readonly layout: (model: ModelId) => InfillLayout | undefined;
  readonly fileRules: (document: vscode.TextDocument) => FileRules;
  readonly settings: () => CompletionSettings;
  readonly onDidChangeSettings: Event<void>;
  readonly setEnabled: (enabled: boolean) => Promise<void>;
  readonly isEnabled: () => boolean;
  readonly gate: MayRead;
  readonly syntax: SyntaxReader;
  readonly known: ChunkSourceDeps["known"];
  readonly memento: vscode.Memento;
  readonly log: Logger;
}

export interface CompletionRoom extends Disposable {
  readonly completions: Completions;
  readonly ghostText: GhostText;
  /** By the name after "paddock.". */
  readonly commands: Readonly<Record<string, () => unknown>>;
  /** Lets go of every text it holds. */
  forget(): void;
}

/** Inline suggestions: the service, what VS Code is told of it, and its words. */
export function createCompletion(deps: CompletionRoomDeps): CompletionRoom {
  const store = new DisposableStore();
  const { gate, syntax, log } = deps;
  const chunks = store.add(
    new EditorChunks({
      gate,
      recentEdits: store.add(new RecentEditTracker()),
      enclosingHeads: (document, position) => enclosingHeads(syntax, document, position),
      ...(deps.known === undefined ? {} : { known: deps.known }),
      log,
    }),
  );
  const keeper = store.add(new ChunkKeeper(chunks, log));
  const completions = store.add(
    new Completions({
      backend: deps.backend,
      lifecycle: deps.lifecycle,
      model: () => deps.model().id,
      layout: deps.layout,
      repository: (uri) => vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(uri))?.name ?? "",
      chunks: ({ uri }, prefix, suffix, room) => keeper.choose(uri, prefix, suffix, room),
      syntax: (snapshot) => syntax.syntaxAt(snapshot),
      settings: deps.settings,
      log,
    }),
  );
  const rules = store.add(new PlaceRules({ settings: deps.fileRules, gate }));
  const ghostText = store.add(new GhostText(completions, rules));
  store.add(
    new CompletionStatus({
      completions,
      isEnabled: deps.isEnabled,
      destination: () => {
        const state = deps.lifecycle.state(deps.model().id);
        return state.status === "elsewhere" ? state.destination : undefined;
      },
      onDidChange: [deps.onDidChangeSettings, deps.onDidChangeModel],
    }),
  );
  store.add(
    deps.onDidChangeSettings(() => {
      rules.forget();
      completions.forget();
    }),
  );
  store.add(deps.onDidChangeModel(() => completions.forget()));
  store.add(tellOnce(completions, deps));
  const report = store.add(new PromptDocument());
  let last: Generation | undefined;
  store.add(
    completions.onDidEnd((generation) => {
      if (generation.kind === "asked" && generation.asked !== undefined) last = generation;
    }),
  );
  return {
    completions,
    ghostText,
    commands: {
      toggleSuggestions: () => deps.setEnabled(!deps.isEnabled()),
      whyNoSuggestion: () => whyNone(ghostText),
      showSuggestionPrompt: async () => report.show(last === undefined ? undefined : await described(last, deps)),
    },
    forget: () => {
      completions.forget();
      keeper.forget();
      last = undefined;
    },
    dispose: () => store.dispose(),
  };
}

/** With its prompt in the engine's words; without them where the engine cannot be asked any more. */
async function described(last: Generation, deps: CompletionRoomDeps): Promise<CompletionRecord | undefined> {
  const { backend, model, log } = deps;
  const { id, displayName } = model();
  const { asked, layout } = last;
  if (asked === undefined || layout === undefined) return undefined;
  const parts = await backend
    .describeInfill({ layout, prompt: asked.prompt }, { model: id, signal: AbortSignal.timeout(DESCRIBE_MS) })
    .catch((error: unknown) => {
      log.warn(`The prompt was not described: ${toPaddockError(error).message}`);
      return [];
    });
  return recordOf(last, displayName, parts);
}

/** The first lines of the definitions around a place. */
function enclosingHeads(
  syntax: SyntaxReader,
  document: vscode.TextDocument,
  position: vscode.Position,
): { line: number; text: string }[] {
  const heads = syntax.syntaxAt(snapshotOf(document, position, undefined))?.heads ?? [];
  return heads.map(({ firstLine }) => ({ line: firstLine, text: document.lineAt(firstLine).text }));
}

/** A model that sees no suffix is good for less; said once for each, where it disturbs nobody. */
function tellOnce(completions: Completions, { model, memento }: CompletionRoomDeps): Disposable {
  return completions.onDidEnd(() => {
    if (completions.seesSuffix !== false) return;
    const { id, displayName } = model();
    const told = memento.get<readonly string[]>(TOLD_KEY, []);
    if (told.includes(id)) return;
    void memento.update(TOLD_KEY, [...told, id].slice(-50));
    vscode.window.setStatusBarMessage(
      vscode.l10n.t(
        "{0} suggests from what stands before the cursor; it was not trained to fill in the middle.",
        displayName,
      ),
      TOLD_MS,
    );
  });
}

/** Answers for the cursor's place, in a message that goes by itself. */
async function whyNone(ghostText: GhostText): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const say = (words: string): void => void vscode.window.showInformationMessage(words);
  if (editor === undefined) {
    say(vscode.l10n.t("No editor is open. Suggestions appear while you type in a file of code."));
    return;
  }
  const against = await ghostText.reasonHere(editor);
  if (against !== undefined) {
    say(reasonWords(against));
    return;
  }
  const { last } = ghostText;
  const { document, selection } = editor;
  const isHere =
    last?.uri === document.uri.toString() &&
    last.version === document.version &&
    last.position.isEqual(selection.active);
  if (!isHere) {
    say(
      vscode.l10n.t(
        "Nothing was asked for here yet: suggestions come while you type, or by “Trigger Inline Suggestion”.",
      ),
    );
    return;
  }
  say(
    last.outcome.kind === "none"
      ? reasonWords(last.outcome.reason)
      : vscode.l10n.t(
          "There is a suggestion here: “{0}”. Tab accepts it.",
          firstLine(last.outcome.items[0]?.text ?? ""),
        ),
  );
}

function firstLine(text: string): string {
  const [line = ""] = text.trim().split("\n", 1);
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
