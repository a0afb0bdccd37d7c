import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import type { Event } from "../../platform/core/event";
import type { ActiveDownloads } from "../core/activeDownloads";
import type { ElsewherePlace } from "../core/elsewhere";
import { type ModelNode, modelTree } from "../core/modelTree";
import type { ModelRole } from "../core/roles";
import type { ModelStore } from "../node/modelStore";
import { type ItemSources, treeItem } from "./modelItems";

export const viewId = "paddock.models";
/** What is dragged inside the view: VS Code names it by the view. */
const dragType = "application/vnd.code.tree.paddock.models";
const fileType = "text/uri-list";
/** A load reports its progress many times a second. */
const REFRESH_MS = 150;

export interface ModelsViewDeps extends ItemSources {
  readonly store: ModelStore;
  readonly downloads: ActiveDownloads | undefined;
  /** What runs elsewhere, as far as is known. */
  readonly elsewhere: () => readonly ElsewherePlace[];
  readonly onDidChange: readonly Event<unknown>[];
  /** A model, or a file from elsewhere by its path, was dropped on a role. */
  readonly assign: (role: ModelRole, idOrPath: string) => Promise<void>;
  /** Somebody sees the view now. */
  readonly shown: () => void;
}

/** The view of the models: a native tree, which brings keyboard, screen reader and themes. */
export class ModelsView
  implements vscode.TreeDataProvider<ModelNode>, vscode.TreeDragAndDropController<ModelNode>, Disposable
{
  readonly dragMimeTypes = [dragType];
  readonly dropMimeTypes = [dragType, fileType];
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly subscriptions = new DisposableStore();
  private readonly tree: vscode.TreeView<ModelNode>;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private parents = new Map<ModelNode, ModelNode>();

  constructor(private readonly deps: ModelsViewDeps) {
    this.tree = this.subscriptions.add(
      vscode.window.createTreeView(viewId, {
        treeDataProvider: this,
        dragAndDropController: this,
        showCollapseAll: true,
      }),
    );
    for (const event of deps.onDidChange) this.subscriptions.add(event(() => this.soon()));
    this.subscriptions.add(
      deps.store.onDidChange(() => {
        if (!deps.store.isScanning) this.soon();
      }),
    );
    this.subscriptions.add(
      this.tree.onDidChangeVisibility(({ visible }) => {
        if (visible) deps.shown();
      }),
    );
  }

  async getChildren(node?: ModelNode): Promise<ModelNode[]> {
    if (node !== undefined) return "children" in node ? [...node.children] : [];
    const contents = await this.deps.store.ready();
    const roots = modelTree(contents, this.deps.downloads?.list() ?? [], this.deps.elsewhere());
    this.parents = new Map();
    for (const root of roots) this.remember(root);
    return roots;
  }

  getParent(node: ModelNode): ModelNode | undefined {
    return this.parents.get(node);
  }

  getTreeItem(node: ModelNode): vscode.TreeItem {
    return treeItem(node, this.deps);
  }

  handleDrag(source: readonly ModelNode[], data: vscode.DataTransfer): void {
    const ids = source.flatMap((node) =>
      node.kind === "model" ? [node.model.id] : node.kind === "elsewhereModel" ? [node.elsewhere.id] : [],
    );
    if (ids.length > 0) data.set(dragType, new vscode.DataTransferItem(ids));
  }

  async handleDrop(target: ModelNode | undefined, data: vscode.DataTransfer): Promise<void> {
    if (target?.kind !== "role") return;
    const dropped = await droppedModel(data);
    if (dropped !== undefined) await this.deps.assign(target.role, dropped);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscriptions.dispose();
    this.changed.dispose();
  }

  private remember(node: ModelNode): void {
    if (!("children" in node)) return;
    for (const child of node.children) {
      this.parents.set(child, node);
      this.remember(child);
    }
  }

  private soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.changed.fire(undefined);
    }, REFRESH_MS);
  }
}

/** The first of what was dropped: a model of this view, or a file of the Explorer. */
async function droppedModel(data: vscode.DataTransfer): Promise<string | undefined> {
  const ids: unknown = data.get(dragType)?.value;
  if (Array.isArray(ids)) {
    const [first] = ids as unknown[];
    if (typeof first === "string") return first;
  }
  const list = await data.get(fileType)?.asString();
  const [line] = (list ?? "").split(/\r?\n/).filter((one) => one !== "" && !one.startsWith("#"));
  if (line === undefined) return undefined;
  const uri = vscode.Uri.parse(line);
  return uri.scheme === "file" || uri.scheme === "vscode-remote" ? uri.fsPath : undefined;
}
