import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import {
  childNodes,
  connectionNode,
  type DatabaseNode,
  findNode,
  parentNode,
  rootNodes,
  type TreeSources,
} from "../core/databaseTree";
import { isSameTarget } from "../core/connectionUrl";
import type { Connections } from "../node/connections";
import { treeItem } from "./databaseItems";
import type { Discovery } from "./discovery";

export const databasesViewId = "paddock.databases";
/** Opening reports several changes at once. */
const REFRESH_MS = 60;

export interface DatabasesViewDeps {
  readonly connections: Connections;
  readonly discovery: Discovery;
  /** Somebody sees the view now. */
  readonly shown: () => void;
}

/** The view of the databases: a native tree, which brings keyboard, screen reader, themes and a find box. */
export class DatabasesView implements vscode.TreeDataProvider<DatabaseNode>, TreeSources, Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly changed = this.subscriptions.add(new vscode.EventEmitter<undefined>());
  readonly onDidChangeTreeData = this.changed.event;
  private readonly tree: vscode.TreeView<DatabaseNode>;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isShown = false;
  /** Connections that have something to unfold, and those of them that were not unfolded yet. */
  private readonly unfoldable = new Set<string>();
  private readonly toUnfold = new Set<string>();

  constructor(private readonly deps: DatabasesViewDeps) {
    this.tree = this.subscriptions.add(
      vscode.window.createTreeView(databasesViewId, { treeDataProvider: this, showCollapseAll: true }),
    );
    this.subscriptions.add(
      deps.connections.onDidChange((id) => {
        this.follow(id);
        this.soon();
      }),
    );
    this.subscriptions.add(
      this.tree.onDidChangeVisibility(({ visible }) => {
        if (!visible) return;
        deps.shown();
        this.unfold();
      }),
    );
    this.subscriptions.add(
      deps.discovery.onDidChange(() => {
        this.tree.message = deps.discovery.current.isPartial
          ? vscode.l10n.t("Not all of the workspace was looked through for databases.")
          : "";
        this.soon();
      }),
    );
  }

  getChildren(node?: DatabaseNode): DatabaseNode[] {
    if (!this.isShown) {
      // A view that is open from the start tells of no change.
      this.isShown = true;
      this.deps.shown();
    }
    return [...(node === undefined ? rootNodes(this) : childNodes(node, this))];
  }

  getParent(node: DatabaseNode): DatabaseNode | undefined {
    return parentNode(node, this);
  }

  getTreeItem(node: DatabaseNode): vscode.TreeItem {
    return treeItem(node, {
      state: (id) => this.deps.connections.state(id),
      profile: (id) => this.deps.connections.get(id),
      schema: (id) => this.schema(id),
    });
  }

  connections(): ReturnType<Connections["list"]> {
    return this.deps.connections.list();
  }

  schema(id: string): ReturnType<TreeSources["schema"]> {
    return this.deps.connections.connected(id)?.schema;
  }

  hasRemedy(id: string): boolean {
    const state = this.deps.connections.state(id);
    return state.status === "failed" && state.error.remedy !== undefined;
  }

  /** What is kept already is not offered once more. */
  found(): ReturnType<TreeSources["found"]> {
    const kept = this.connections();
    return this.deps.discovery.current.found.filter(
      ({ target }) => !kept.some((profile) => isSameTarget(profile.target, target)),
    );
  }

  /** Shows a connection, or a table or column of one that is open. */
  async reveal(
    connection: string,
    place?: { readonly schema?: string; readonly table: string; readonly column?: string },
  ): Promise<void> {
    const profile = this.deps.connections.get(connection);
    const node =
      place === undefined
        ? profile === undefined
          ? undefined
          : connectionNode(profile)
        : findNode(connection, place, this);
    if (node === undefined) return;
    // What was opened just now has nothing to unfold before the tree knows of it.
    if (this.timer !== undefined) this.refresh();
    this.toUnfold.delete(connection);
    await this.tree.reveal(node, { select: true, focus: true, expand: node.kind !== "column" });
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscriptions.dispose();
  }

  private soon(): void {
    this.timer ??= setTimeout(() => this.refresh(), REFRESH_MS);
  }

  private refresh(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.changed.fire(undefined);
    if (this.tree.visible) this.unfold();
  }

  /** Whoever opened it: its tables are to be seen, or what can be done about it that it did not open. */
  private follow(id: string): void {
    const unfolds = this.deps.connections.state(id).status === "open" || this.hasRemedy(id);
    if (unfolds === this.unfoldable.has(id)) return;
    if (unfolds) this.toUnfold.add(id);
    else this.toUnfold.delete(id);
    if (unfolds) this.unfoldable.add(id);
    else this.unfoldable.delete(id);
  }

  /** The editor itself unfolds only what it has not seen before. Neither the keyboard nor what is marked moves. */
  private unfold(): void {
    for (const id of this.toUnfold) {
      const profile = this.deps.connections.get(id);
      if (profile === undefined) continue;
      this.tree.reveal(connectionNode(profile), { select: false, focus: false, expand: true }).then(
        undefined,
        // It was closed or removed meanwhile.
        () => undefined,
      );
    }
    this.toUnfold.clear();
  }
}
