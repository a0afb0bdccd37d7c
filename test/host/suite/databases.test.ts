import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as vscode from "vscode";
import type { DatabaseNode } from "../../../src/sql/core/databaseTree";
import type { Question } from "../../../src/native/host/participantAnswer";
import { answerSql } from "../../../src/native/host/participantSql";
import { chatDatabases } from "../../../src/nativeDatabases";
import type { TestApi } from "../../../src/testApi";
import { paddock, until } from "./extension";

const never = new AbortController().signal;

describe("databases", () => {
  let api: TestApi;
  let folder: string;
  let file: string;
  let connection: string;
  const labelOf = (node: DatabaseNode): unknown => api.databases.view.getTreeItem(node).label;
  const children = (node?: DatabaseNode): DatabaseNode[] => api.databases.view.getChildren(node);
  const offers = (): string[] => api.databases.view.found().map(({ name }) => name);
  /** The suite has a class of errors of its own, so they are known by their code. */
  const rejected = async (work: Promise<unknown>): Promise<{ readonly code: unknown }> => {
    const error = await work.then(
      () => undefined,
      (failed: unknown) => failed,
    );
    assert.ok(error instanceof Error && "code" in error, `rejects with a reason, not ${String(error)}`);
    return error;
  };
  const sqlDocument = async (name: string, text: string): Promise<vscode.TextDocument> => {
    const uri = vscode.Uri.file(path.join(folder, name));
    await writeFile(uri.fsPath, text);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    return document;
  };

  before(async () => {
    api = await paddock();
    const [root] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(root !== undefined);
    folder = path.join(root.uri.fsPath, "databases");
    await mkdir(folder, { recursive: true });
    file = path.join(folder, "music.db");
    const database = new DatabaseSync(file);
    database.exec(`
      CREATE TABLE singer (Singer_ID INTEGER PRIMARY KEY, Name TEXT NOT NULL, Country TEXT, "order" INTEGER);
      CREATE TABLE concert (Singer_ID INTEGER REFERENCES singer (Singer_ID), Year INTEGER);
      CREATE INDEX by_year ON concert (Year);
      INSERT INTO singer VALUES (1, 'Ann', 'France', 1), (2, 'Bo', 'Netherlands', 2), (3, 'Cy', 'France', 3);
      INSERT INTO concert VALUES (1, 2014), (2, 2015);`);
    database.close();
    await writeFile(path.join(folder, "text.db"), "no database at all");
    await writeFile(path.join(folder, ".env"), "DATABASE_URL=postgres://ann:hunter2@localhost:1/shop\n");
  });
  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    for (const { id } of api.databases.connections.list()) await api.databases.connections.remove(id);
    await rm(folder, { recursive: true, force: true });
    await api.databases.discovery.look();
  });

  it("are found by what they are, offered without a password in sight, and not opened", async () => {
    await api.databases.discovery.look();
    assert.deepEqual(offers().toSorted(), ["databases/music.db", "shop (localhost)"]);
    assert.deepEqual(api.databases.connections.list(), []);
    const group = children().find(({ kind }) => kind === "foundGroup");
    assert.ok(group !== undefined, "they stand below a heading");
    const shown = JSON.stringify(children(group).map((node) => api.databases.view.getTreeItem(node)));
    assert.ok(shown.includes("DATABASE_URL"), shown);
    assert.ok(!shown.includes("hunter2") && !JSON.stringify(api.databases.discovery.current).includes("hunter2"));
  });

  it("are kept and opened when somebody says so, and show what they hold", async () => {
    const found = api.databases.view.found().find(({ target }) => target.engine === "sqlite");
    await vscode.commands.executeCommand("paddock.addFoundDatabase", found?.id);
    const [profile] = api.databases.connections.list();
    assert.ok(profile !== undefined);
    connection = profile.id;
    assert.equal(api.databases.connections.state(connection).status, "open");
    assert.equal(profile.writable, false);
    assert.equal(api.databases.connections.scopeOf(connection), "workspace");
    assert.ok(!offers().includes("databases/music.db"), "what is kept is not offered again");
    const [root] = children();
    assert.ok(root !== undefined);
    assert.match(String(api.databases.view.getTreeItem(root).description), /SQLite · read-only · 2 tables/);
    const [singer, concert] = children(root);
    assert.ok(singer !== undefined && concert !== undefined);
    assert.equal(labelOf(singer), "singer");
    assert.match(String(api.databases.view.getTreeItem(singer).description), /3 rows/);
    const columns = children(singer).map((node) => api.databases.view.getTreeItem(node));
    assert.deepEqual(
      columns.map(({ label }) => label),
      ["Singer_ID", "Name", "Country", "order"],
    );
    assert.match(String(columns[0]?.description), /INTEGER · primary key/i);
    const [reference, , keys] = children(concert);
    assert.ok(reference !== undefined && keys !== undefined);
    assert.match(String(api.databases.view.getTreeItem(reference).description), /→ singer\(Singer_ID\)/);
    assert.ok(children(keys).some((node) => labelOf(node) === "by_year"));
  });

  it("take a server's password from .env to the secret storage, and say why a server does not answer", async () => {
    const found = api.databases.view.found().find(({ target }) => target.engine === "postgres");
    assert.equal(found?.hasPassword, true);
    assert.equal(await api.databases.discovery.passwordOf(found), "hunter2");
    // A command tells its failure to the person instead of to its caller.
    void vscode.commands.executeCommand("paddock.addFoundDatabase", found.id);
    const shop = await until("the connection to be kept", () =>
      api.databases.connections.list().find(({ target }) => target.engine === "postgres"),
    );
    const state = await until("the server to be missing", () => {
      const now = api.databases.connections.state(shop.id);
      return now.status === "failed" ? now : undefined;
    });
    assert.equal(state.error.code, "sql/connection");
    assert.ok(!JSON.stringify([state.error.message, state.error.remedy, state.error.detail]).includes("hunter2"));
    await api.databases.connections.remove(shop.id);
    await vscode.commands.executeCommand("notifications.clearAll");
  });

  it("have SQL files that know them: lenses, names in scope, and words for what is not there", async () => {
    const text = "-- How many singers are from France?\n\nSELECT Nam FROM singer;\nSELECT  FROM singer s;\n";
    const document = await sqlDocument("ask.sql", text);
    await api.databases.files.use(document.uri, connection);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      "vscode.executeCodeLensProvider",
      document.uri,
      50,
    );
    const titles = lenses.map(({ command }) => command?.title ?? "");
    assert.ok(
      titles.some((title) => title.includes("music.db · read-only")),
      titles.join(", "),
    );
    assert.equal(titles.filter((title) => title.endsWith("Run")).length, 2);
    assert.equal(titles.filter((title) => title.endsWith("Write SQL for this")).length, 1);
    const [problem] = await until("the unknown name", () => {
      const found = vscode.languages.getDiagnostics(document.uri);
      return found.length > 0 ? found : undefined;
    });
    assert.ok(problem !== undefined);
    assert.match(problem.message, /“Nam”.*“Name”/);
    assert.equal(document.getText(problem.range), "Nam");
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      problem.range,
    );
    assert.ok(
      actions.some(({ title }) => title === "Change to Name"),
      actions.map(({ title }) => title).join(", "),
    );
    const names = await vscode.commands.executeCommand<vscode.CompletionList>(
      "vscode.executeCompletionItemProvider",
      document.uri,
      new vscode.Position(3, 7),
    );
    const inserted = names.items.map(({ insertText }) => insertText);
    assert.ok(inserted.includes("Country") && inserted.includes('"order"'), JSON.stringify(inserted.slice(0, 10)));
    const [chunk] = api.databases.chunksFor(document);
    assert.match(chunk?.text ?? "", /^CREATE TABLE singer \(Singer_ID INTEGER, Name TEXT/);
  });

  it("answer a question to a SQL file with a statement for review", async () => {
    const document = await sqlDocument("write.sql", "-- How many singers are there?\n");
    await api.databases.files.use(document.uri, connection);
    await vscode.commands.executeCommand("paddock.writeSqlForComment", document.uri, 0);
    const review = await until("the review", () => api.edits.active);
    const proposed = await vscode.workspace.openTextDocument(review.proposedUri);
    assert.match(proposed.getText(), /^-- How many singers are there\?\nSELECT .*singer.*;/i);
    assert.equal(document.getText(), "-- How many singers are there?\n", "nothing is written before it is accepted");
    await vscode.commands.executeCommand("paddock.rejectAllChanges");
  });

  it("answer @paddock in VS Code's chat with a statement and its rows, and ask which one is meant", async () => {
    const said: string[] = [];
    const buttons: vscode.Command[] = [];
    const limits = { "sql.maxRows": 100, "sql.timeoutSeconds": 30, "sql.runAnswers": true } as const;
    const model = { id: api.activeModel(), displayName: "Starter" };
    const databases = chatDatabases(
      api.databases,
      () => limits,
      () => model,
    );
    const ask = (prompt: string, list = databases.list): Promise<unknown> =>
      // Of all that a question has, this is what /sql looks at.
      answerSql({
        request: { prompt, model: { vendor: "paddock", id: model.id } },
        stream: {
          markdown: (text: string) => said.push(text),
          progress: () => undefined,
          button: (button: vscode.Command) => buttons.push(button),
        },
        signal: never,
        model,
        deps: { databases: { ...databases, list } },
      } as unknown as Question);
    await ask("How many singers are there?");
    assert.match(said.join(""), /```sql\nSELECT .*singer.*\n```/is);
    assert.match(said.join(""), /\| ---: \|\n\| 3 \|/);
    assert.match(said.join(""), /`Starter` · on this machine/);
    assert.deepEqual(buttons[0]?.arguments, [connection]);
    const two = [...databases.list(), { id: "other", name: "other" }];
    assert.deepEqual(await ask("How many?", () => two), {
      ...{ command: "sql", answer: "", choice: { question: "How many?", databases: two.map(({ name }) => name) } },
    });
  });

  it("can be attached to a question in the chat, and nothing of their rows with them", async () => {
    const sources = api.databases.inContext({
      offer: () => Promise.resolve([]),
      take: () => Promise.reject(new Error("not one of these")),
      takeDropped: () => Promise.reject(new Error("nothing was dropped")),
    });
    const [offered] = await sources.offer("music", never);
    assert.ok(offered !== undefined);
    const { references } = await sources.take(offered.id);
    assert.match(references[0]?.text ?? "", /CREATE TABLE singer \(/);
    assert.ok(!(references[0]?.text ?? "").includes("France"));
  });

  it("cannot be changed before writing is allowed, and then by what was confirmed alone", async () => {
    const { connections } = api.databases;
    const sql = "UPDATE singer SET Country = 'Spain' WHERE Country = 'France'";
    const limits = { maxRows: 10, maxBytes: 10_000, timeoutMs: 5_000 };
    const count = async (): Promise<unknown> => {
      const { database } = await connections.connect(connection, never);
      const { rows } = await database.query("SELECT COUNT(*) FROM singer WHERE Country = 'Spain'", limits, never);
      return rows[0]?.[0];
    };
    const closed = await connections.connect(connection, never);
    assert.equal((await rejected(closed.database.query(sql, limits, never))).code, "sql/refused");
    assert.equal(
      (await rejected(closed.database.execute(sql, { expectedRows: 2, signal: never }))).code,
      "sql/refused",
    );
    await connections.update(connection, (profile) => ({ ...profile, writable: true }));
    assert.equal(connections.state(connection).status, "closed", "what was opened read-only is opened anew");
    const { database } = await connections.connect(connection, never);
    assert.equal((await database.preview(sql, never)).rows, 2);
    assert.equal(await count(), 0, "a preview is taken back");
    await rejected(database.execute(sql, { expectedRows: 1, signal: never }));
    assert.equal(await count(), 0, "another number than was confirmed is taken back");
    await database.execute(sql, { expectedRows: 2, signal: never });
    assert.equal(await count(), 2);
    await connections.update(connection, (profile) => ({ ...profile, writable: false }));
  });

  it("run a statement of a file in the panel", async () => {
    const document = await sqlDocument("run.sql", "SELECT Name FROM singer ORDER BY Name;\n");
    await api.databases.files.use(document.uri, connection);
    await vscode.commands.executeCommand("paddock.runSqlStatement", document.uri, 0);
    await until("the panel", () =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .some(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.includes("paddock.ask")),
    );
  });

  it("go with their notes, and leave the file as it is", async () => {
    const { connections } = api.databases;
    await connections.update(connection, (profile) => ({ ...profile, notes: { singer: { synonyms: ["artist"] } } }));
    assert.deepEqual((await connections.connect(connection, never)).profile.notes, {
      singer: { synonyms: ["artist"] },
    });
    await connections.remove(connection);
    assert.equal(connections.get(connection), undefined);
    const database = new DatabaseSync(file, { readOnly: true });
    assert.equal(database.prepare("SELECT COUNT(*) AS n FROM singer").get()?.n, 3);
    database.close();
  });
});
