import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, type FrameLocator, type Page, test } from "@playwright/test";
import { createConnection } from "mysql2/promise";
import { Client } from "pg";
import { noMariadb, noPostgres, type SqlServer, startMariadb, startPostgres } from "../support/sqlServers";
import { runCommand, startWorkbench, type Workbench } from "../support/workbench";

/** A person and their database servers: the wizard by keyboard, the Databases view, statements and questions. */
test.describe.configure({ mode: "serial" });
const aSecond = 1_000;
let workbench: Workbench;
let page: Page;
let postgres: SqlServer | undefined;
let mariadb: SqlServer | undefined;

const setup = [
  "CREATE TABLE ship (id int PRIMARY KEY, name varchar(40) NOT NULL)",
  "CREATE TABLE voyage (ship_id int, sailed date, FOREIGN KEY (ship_id) REFERENCES ship (id))",
  "INSERT INTO ship VALUES (1, 'Aurora'), (2, 'Borealis'), (3, 'Corona')",
];

test.beforeAll(async () => {
  test.setTimeout(240_000);
  [postgres, mariadb, workbench] = await Promise.all([
    noPostgres === undefined ? startPostgres() : undefined,
    noMariadb === undefined ? startMariadb() : undefined,
    startWorkbench({
      settings: { "workbench.secondarySideBar.defaultVisibility": "hidden", "editor.codeLens": true },
      prepare: async ({ project }) => {
        await writeFile(path.join(project, "ships.sql"), "SELECT name FROM ship ORDER BY id DESC LIMIT 2;\n");
        await writeFile(path.join(project, "harbour.sql"), "SELECT name FROM ship ORDER BY name;\n");
        await writeFile(path.join(project, "rename.sql"), "UPDATE ship SET name = 'Dione' WHERE id = 1;\n");
      },
    }),
  ]);
  if (postgres !== undefined) {
    const { host, port, user, database } = postgres.target();
    const client = new Client({ host, port, user, database, password: postgres.password });
    await client.connect();
    for (const sql of setup) await client.query(sql);
    await client.end();
  }
  if (mariadb !== undefined) {
    const { host, port, user, database } = mariadb.target();
    const connection = await createConnection({ host, port, user, database, password: mariadb.password });
    for (const sql of setup) await connection.query(sql);
    await connection.end();
  }
  page = await workbench.open({ width: 1500, height: 1000 });
});
test.afterAll(async () => {
  await Promise.all([workbench.stop(), postgres?.stop(), mariadb?.stop()]);
});

const item = (name: string | RegExp) => page.getByRole("tree", { name: "Databases" }).getByRole("treeitem", { name });
const quick = () => page.locator(".quick-input-widget");
/** Answers a step of the wizard with a text, once it is asked. */
async function write(question: string | RegExp, text: string): Promise<void> {
  await expect(quick()).toContainText(question);
  const input = quick().locator("input").first();
  await input.fill(text);
  await input.press("Enter");
}
/** Takes one of a step's choices, by keyboard: rows move while a list grows, and a click would meet another one. */
async function choose(name: string): Promise<void> {
  const row = (state = "") => quick().locator(`.monaco-list-row${state}`).filter({ hasText: name }).first();
  await row().waitFor();
  await quick().locator("input").first().fill(name);
  await expect(row(".focused")).toBeVisible();
  await page.keyboard.press("Enter");
}
/** Goes back to a step by its number, which the title has. */
async function backTo(step: number): Promise<void> {
  await quick().getByRole("button", { name: "Back" }).click();
  await expect(quick().locator(".quick-input-title")).toContainText(`(${step}/`);
}
/** What came of the test, which the last step says in its box. */
async function expectTested(words: RegExp): Promise<void> {
  await choose("Test the connection");
  const box = quick().locator("input").first();
  await expect(box).toHaveAttribute("placeholder", words, { timeout: 30 * aSecond });
}
/** Runs the statement of a file on a connection that the person chooses for it. */
async function run(file: string, connection: string): Promise<void> {
  await page.keyboard.press("Control+P");
  const input = quick().locator("input").first();
  await input.fill(file);
  await quick().locator(".monaco-list-row").filter({ hasText: file }).first().waitFor();
  await input.press("Enter");
  await page.getByRole("tab", { name: file }).waitFor();
  await page.locator(".codelens-decoration a").filter({ hasText: "Run" }).first().click();
  await choose(connection);
}
const panel = (): FrameLocator =>
  page.locator(`iframe.webview.ready[src*="extensionId=paddock."]`).last().contentFrame().frameLocator("#active-frame");
const lastTurn = () => panel().getByRole("article").last();

/** Skips the test where there is no such server. */
function running(server: SqlServer | undefined, why: string | undefined): SqlServer {
  test.skip(server === undefined, why);
  if (server === undefined) throw new Error(why);
  return server;
}

test("the wizard asks for a PostgreSQL server, goes back, tests what it was told and connects", async () => {
  const server = running(postgres, noPostgres);
  test.setTimeout(180 * aSecond);
  await runCommand(page, "Paddock: Focus on Databases View");
  await runCommand(page, "Paddock: Connect to Database…");
  await choose("PostgreSQL");
  await write("Host of the PostgreSQL server", `127.0.0.1:${server.port}`);
  await write("Name of the database", "wrong");
  await expect(quick()).toContainText("User. One who");
  await backTo(3);
  await expect(quick().locator("input").first()).toHaveValue("");
  await write("Name of the database", "test");
  await write("User. One who", "paddock");
  const rest = async (password: string): Promise<void> => {
    await write("Password, kept in", password);
    await choose("Where the server can");
    await write("SSH host to go through", "");
    await write("A name for this connection", "Fleet");
  };
  await rest("not the password");
  await expectTested(/It does not work: .*refused the user/);
  for (const step of [8, 7, 6, 5]) await backTo(step);
  await rest(server.password);
  await expectTested(/It works: PostgreSQL \d+.*, 2 tables/);
  await page.screenshot({ path: "test-results/databases-wizard.png" });
  await choose("Keep and connect");
  await expect(item(/^Fleet, PostgreSQL · read-only · 2 tables/)).toBeVisible({ timeout: 60 * aSecond });
  await expect(item(/^ship, table/)).toBeVisible();
  await item(/^voyage/).click();
  await expect(item(/^ship_id.*→ public\.ship\(id\)/)).toBeVisible();
});

test("a server's rows are in the grid, and what writes is refused until the panel's own button allows it", async () => {
  test.skip(postgres === undefined, noPostgres ?? "");
  test.setTimeout(180 * aSecond);
  await run("ships.sql", "Fleet");
  await expect(lastTurn().getByRole("gridcell", { name: "Corona" })).toBeVisible({ timeout: 60 * aSecond });
  await expect(lastTurn().getByRole("gridcell", { name: "Borealis" })).toBeVisible();
  await run("rename.sql", "Fleet");
  await lastTurn()
    .getByRole("alert")
    .getByRole("button", { name: "Allow Writing…" })
    .click({ timeout: 30 * aSecond });
  await page.getByRole("button", { name: "Allow Writing" }).click();
  await lastTurn()
    .getByRole("button", { name: "Change 1 Row" })
    .click({ timeout: 60 * aSecond });
  await expect(lastTurn()).toContainText("1 row was changed.", { timeout: 60 * aSecond });
  await expect(item(/^Fleet, PostgreSQL · writable/)).toBeVisible({ timeout: 30 * aSecond });
  await page.screenshot({ path: "test-results/databases-server.png" });
});

test("a question in words is asked of the server, and answered from its rows", async () => {
  test.skip(postgres === undefined, noPostgres ?? "");
  test.setTimeout(180 * aSecond);
  const turns = await panel().getByRole("article").count();
  const box = panel().getByRole("textbox", { name: "Question" });
  await box.fill("How many ships are there?");
  await box.press("Enter");
  await expect(panel().getByRole("article")).toHaveCount(turns + 1);
  await expect(lastTurn()).toContainText(/SELECT COUNT/i, { timeout: 120 * aSecond });
  await expect(lastTurn().getByRole("gridcell", { name: "3" })).toBeVisible({ timeout: 60 * aSecond });
});

test("a pasted URL is a MariaDB server, which is closed and opened by the panel, and unfolds", async () => {
  const { port, password } = running(mariadb, noMariadb);
  test.setTimeout(180 * aSecond);
  await runCommand(page, "Paddock: Focus on Databases View");
  await runCommand(page, "Paddock: Connect to Database…");
  await choose("Paste a URL");
  await write("A password in it goes", `mariadb://paddock:${encodeURIComponent(password)}@127.0.0.1:${port}/test`);
  await write("A name for this connection", "Harbour");
  await choose("Keep without connecting");
  await expect(item(/^Harbour, MariaDB · read-only$/)).toBeVisible({ timeout: 30 * aSecond });
  await run("harbour.sql", "Harbour");
  await expect(lastTurn().getByRole("gridcell", { name: "Corona" })).toBeVisible({ timeout: 60 * aSecond });
  await expect(item(/^Harbour, MariaDB · read-only · 2 tables/)).toHaveAttribute("aria-expanded", "true");
  await page.screenshot({ path: "test-results/databases-mariadb.png" });
});

test("a server that goes away says so, with what can be done, and is asked again when it is back", async () => {
  const server = running(mariadb, noMariadb);
  test.setTimeout(120 * aSecond);
  await server.crash();
  await lastTurn().getByRole("button", { name: "Run Again" }).click();
  await expect(lastTurn().getByRole("alert")).toContainText("cannot be reached", { timeout: 60 * aSecond });
  await expect(item(/^Harbour, MariaDB · read-only · .*cannot be reached/)).toBeVisible({ timeout: 30 * aSecond });
  await expect(item(/Check that the server runs/)).toBeVisible();
  await server.restart();
  await lastTurn().getByRole("button", { name: "Run Again" }).click();
  await expect(lastTurn().getByRole("gridcell", { name: "Corona" })).toBeVisible({ timeout: 60 * aSecond });
  await expect(item(/^Harbour, MariaDB · read-only · 2 tables/)).toBeVisible({ timeout: 30 * aSecond });
});
