import os from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import * as v from "valibot";
import type { TlsOptions } from "../core/connection";
import {
  type ConnectionText,
  nameOfTarget,
  parseConnectionText,
  type ServerEngine,
  usualPort,
} from "../core/connectionUrl";
import { sshDestination } from "../core/profileSchema";
import type { ProfileScope } from "../node/connections";
import { type ConnectDraft, type EngineChoice, targetOf, withTarget } from "./connectDraft";
import { engineName } from "./databaseItems";
import { type Answer, askChoice, askText } from "./wizardSteps";

/** A step takes what is known and adds what the person says. */
type Step = (
  draft: ConnectDraft,
  at: { readonly title: string; readonly step: number; readonly steps: number },
) => Promise<Answer<ConnectDraft>>;

/** What a pasted text says. */
function pastedDraft(
  draft: ConnectDraft,
  { target, password }: Extract<ConnectionText, { kind: "target" }>,
): ConnectDraft {
  const files = "files" in target ? target.files.map(fullPath) : [];
  const full =
    target.engine === "sqlite"
      ? { ...target, file: fullPath(target.file) }
      : target.engine === "duckdb"
        ? { ...target, files, ...(target.file === undefined ? {} : { file: fullPath(target.file) }) }
        : target;
  const { password: _, ...rest } = draft;
  return { ...withTarget(rest, full), isPasted: true, ...(password === undefined ? {} : { password }) };
}

function connectionTextProblem(text: string): string | undefined {
  const parsed = parseConnectionText(text);
  if (parsed.kind === "target") return undefined;
  switch (parsed.problem) {
    case "empty":
      return vscode.l10n.t("Paste a URL such as postgres://user@host/database, or the path of a file.");
    case "unknown":
      return vscode.l10n.t("This is neither a database URL that Paddock knows nor the path of a database file.");
    case "host":
      return vscode.l10n.t("The host in this URL can't be one: a single name or address is meant.");
    case "port":
      return vscode.l10n.t("The port in this URL is not a number from 1 to 65535.");
  }
}

export function usualScope(): ProfileScope {
  return vscode.workspace.workspaceFolders === undefined ? "everywhere" : "workspace";
}

/** The steps that the draft needs, as far as it tells. */
export function stepsFor({ engine, before, isPasted }: ConnectDraft): readonly Step[] {
  const first = before === undefined ? [askEngine] : [];
  // A URL says it all; what is wrong with it, the test tells.
  if (isPasted === true) return [...first, askName];
  switch (engine) {
    case undefined:
      return [askEngine];
    case "sqlite":
    case "duckdb":
    case "data":
      return [...first, askFiles, askName];
    default:
      return [...first, askHost, askDatabase, askUser, askPassword, askTls, askSsh, askName];
  }
}

const askEngine: Step = async (draft, at) => {
  type Choice = EngineChoice | "paste";
  const item = (value: Choice, icon: string, label: string, detail: string) => ({
    value,
    label: `$(${icon}) ${label}`,
    detail,
  });
  const answer = await askChoice<Choice>({
    ...at,
    placeholder: vscode.l10n.t("What kind of database?"),
    active: draft.engine,
    items: [
      item("sqlite", "file", "SQLite", vscode.l10n.t("A file of this machine")),
      item("duckdb", "file", "DuckDB", vscode.l10n.t("A file of this machine")),
      item(
        "data",
        "table",
        vscode.l10n.t("CSV, Parquet or JSON files"),
        vscode.l10n.t("Asked like tables, through DuckDB; the files stay as they are"),
      ),
      item("postgres", "server", "PostgreSQL", vscode.l10n.t("A server, here or elsewhere")),
      item("mysql", "server", "MySQL", vscode.l10n.t("A server, here or elsewhere")),
      item("mariadb", "server", "MariaDB", vscode.l10n.t("A server, here or elsewhere")),
      item("paste", "clippy", vscode.l10n.t("Paste a URL or a path…"), "postgres://, mysql://, /path/to/app.db"),
    ],
  });
  if (answer === undefined || answer === "back") return answer;
  if (answer.value !== "paste") {
    const { isPasted: _, ...rest } = draft;
    return { value: { ...rest, engine: answer.value, files: answer.value === draft.engine ? draft.files : [] } };
  }
  const pasted = await askText({
    title: at.title,
    step: at.step + 1,
    steps: 0,
    prompt: vscode.l10n.t("A password in it goes to the editor's secret storage and is not shown again."),
    placeholder: "postgres://user:password@host:5432/database",
    value: "",
    check: connectionTextProblem,
  });
  if (pasted === "back") return askEngine(draft, at);
  if (pasted === undefined) return undefined;
  const found = parseConnectionText(pasted.value);
  return found.kind === "target" ? { value: pastedDraft(draft, found) } : askEngine(draft, at);
};

const askFiles: Step = async (draft, at) => {
  const isData = draft.engine === "data";
  const extensions = {
    sqlite: ["sqlite", "sqlite3", "db", "db3", "s3db"],
    duckdb: ["duckdb", "ddb", "db"],
    data: ["csv", "tsv", "parquet", "json", "jsonl", "ndjson", "gz"],
  }[draft.engine as "sqlite" | "duckdb" | "data"];
  const browse = { label: `$(folder-opened) ${vscode.l10n.t("Choose in a dialog…")}`, value: "browse" as const };
  const write = { label: `$(edit) ${vscode.l10n.t("Write its path…")}`, value: "write" as const };
  const keep = {
    label: `$(check) ${draft.files.map((file) => path.basename(file)).join(", ")}`,
    description: vscode.l10n.t("as it is"),
    value: "keep" as const,
  };
  const answer = await askChoice<"browse" | "write" | "keep">({
    ...at,
    placeholder: isData ? vscode.l10n.t("Which files?") : vscode.l10n.t("Which file?"),
    items: [...(draft.files.length > 0 ? [keep] : []), browse, ...(isData ? [] : [write])],
  });
  if (answer === undefined || answer === "back") return answer;
  if (answer.value === "keep") return { value: draft };
  if (answer.value === "write") return askPath(draft, at);
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const chosen = await vscode.window.showOpenDialog({
    title: at.title,
    openLabel: vscode.l10n.t("Choose"),
    canSelectMany: isData,
    filters: { [vscode.l10n.t("Databases")]: extensions, [vscode.l10n.t("All files")]: ["*"] },
    ...(folder === undefined ? {} : { defaultUri: folder }),
  });
  if (chosen === undefined || chosen.length === 0) return askFiles(draft, at);
  return { value: { ...draft, files: chosen.map(({ fsPath }) => fsPath) } };
};

const askPath: Step = async (draft, at) => {
  const answer = await askText({
    ...at,
    // Back leads to the choice that led here.
    step: Math.max(2, at.step),
    prompt: vscode.l10n.t("The full path of the file, or one relative to the workspace folder."),
    value: draft.files[0] ?? "",
    check: (text) => (text === "" ? vscode.l10n.t("Write the path of a file.") : undefined),
  });
  if (answer === "back") return askFiles(draft, at);
  return answer === undefined ? undefined : { value: { ...draft, files: [fullPath(answer.value)] } };
};

/** As a person writes it: `~` is their home. */
function fullPath(file: string): string {
  const home = file.replace(/^~(?=$|[\\/])/u, () => os.homedir());
  return path.resolve(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? os.homedir(), home);
}

const askHost: Step = async (draft, at) => {
  const engine = draft.engine as ServerEngine;
  const port = draft.port === 0 || draft.port === usualPort[engine] ? "" : `:${draft.port}`;
  const answer = await askText({
    ...at,
    prompt: vscode.l10n.t(
      "Host of the {0} server, with a port where it is not {1}.",
      engineName(engine),
      usualPort[engine],
    ),
    placeholder: `localhost:${usualPort[engine]}`,
    value: draft.host.includes(":") ? `[${draft.host}]${port}` : `${draft.host}${port}`,
    check: (text) =>
      hostOf(text) === undefined ? vscode.l10n.t("Write a host, or host:port with a port from 1 to 65535.") : undefined,
  });
  if (answer === undefined || answer === "back") return answer;
  return { value: { ...draft, ...hostOf(answer.value) } };
};

function hostOf(text: string): { readonly host: string; readonly port: number } | undefined {
  const found = /^(?:\[([0-9a-f:.%]+)\]|([^\s:/@,[\]]+))(?::(\d{1,5}))?$/iu.exec(text);
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3] ?? 0);
  return host === undefined || port > 65_535 || found?.[3] === "0" ? undefined : { host, port };
}

const askDatabase: Step = async (draft, at) => {
  const answer = await askText({
    ...at,
    prompt: vscode.l10n.t("Name of the database on the server."),
    value: draft.database,
    check: (text) => (text === "" ? vscode.l10n.t("Write the name of a database.") : undefined),
  });
  return answer === undefined || answer === "back" ? answer : { value: { ...draft, database: answer.value } };
};

const askUser: Step = async (draft, at) => {
  const answer = await askText({
    ...at,
    prompt: vscode.l10n.t("User. One who may only read is the safest."),
    value: draft.user === "" && draft.before === undefined ? os.userInfo().username : draft.user,
    check: (text) => (text === "" ? vscode.l10n.t("Write the name of a user.") : undefined),
  });
  return answer === undefined || answer === "back" ? answer : { value: { ...draft, user: answer.value } };
};

const askPassword: Step = async (draft, at) => {
  const isKept = draft.before !== undefined || draft.password !== undefined;
  const answer = await askText({
    ...at,
    prompt: isKept
      ? vscode.l10n.t("Password. Leave this empty to keep the one that is known.")
      : vscode.l10n.t(
          "Password, kept in the editor's secret storage. Leave this empty to be asked when one is needed.",
        ),
    value: "",
    isPassword: true,
    check: () => undefined,
  });
  if (answer === undefined || answer === "back") return answer;
  return { value: answer.value === "" ? draft : { ...draft, password: answer.value } };
};

const askTls: Step = async (draft, at) => {
  const item = (value: TlsOptions["mode"], label: string, detail: string) => ({ value, label, detail });
  const answer = await askChoice<TlsOptions["mode"]>({
    ...at,
    placeholder: vscode.l10n.t("How is the connection protected (TLS)?"),
    active: draft.tls.mode,
    items: [
      item("prefer", vscode.l10n.t("Where the server can"), vscode.l10n.t("Encrypted if the server offers it")),
      item("require", vscode.l10n.t("Always"), vscode.l10n.t("Encrypted, whoever the server is")),
      item(
        "verify",
        vscode.l10n.t("Always, and verified"),
        vscode.l10n.t("Encrypted, and the server's certificate must be trusted"),
      ),
      item("off", vscode.l10n.t("Never"), vscode.l10n.t("For a server on this machine, or behind a tunnel")),
    ],
  });
  if (answer === undefined || answer === "back") return answer;
  const tls = { ...draft.tls, mode: answer.value };
  return answer.value === "verify" ? askAuthority({ ...draft, tls }, at) : { value: { ...draft, tls } };
};

const askAuthority: Step = async (draft, at) => {
  const answer = await askText({
    ...at,
    step: Math.max(2, at.step),
    prompt: vscode.l10n.t("File with the authority's certificate (.pem). Empty: those that this machine trusts."),
    value: draft.tls.caFile ?? "",
    check: () => undefined,
  });
  if (answer === "back") return askTls(draft, at);
  if (answer === undefined) return undefined;
  const { caFile: _, ...tls } = draft.tls;
  return { value: { ...draft, tls: answer.value === "" ? tls : { ...tls, caFile: fullPath(answer.value) } } };
};

const askSsh: Step = async (draft, at) => {
  const { ssh } = draft;
  const answer = await askText({
    ...at,
    prompt: vscode.l10n.t("SSH host to go through, by your own ssh program and its configuration. Empty: none."),
    placeholder: "user@bastion.example.com",
    value: ssh === undefined ? "" : `${ssh.destination}${ssh.port === undefined ? "" : `:${ssh.port}`}`,
    check: (text) =>
      text !== "" && tunnelOf(text) === undefined
        ? vscode.l10n.t("Write user@host, a host, or an alias of your ssh configuration.")
        : undefined,
  });
  if (answer === undefined || answer === "back") return answer;
  const { ssh: _, ...rest } = draft;
  const tunnel = answer.value === "" ? undefined : tunnelOf(answer.value);
  return { value: tunnel === undefined ? rest : { ...rest, ssh: tunnel } };
};

function tunnelOf(text: string): ConnectDraft["ssh"] {
  const [, destination = "", port] = /^(.*?)(?::(\d{1,5}))?$/u.exec(text) ?? [];
  const isPort = port === undefined || (Number(port) > 0 && Number(port) < 65_536);
  if (!isPort || !v.is(sshDestination, destination)) return undefined;
  return { destination, ...(port === undefined ? {} : { port: Number(port) }) };
}

const askName: Step = async (draft, at) => {
  const target = targetOf(draft);
  const usual = target === undefined ? "" : nameOfTarget(target);
  const answer = await askText({
    ...at,
    prompt: vscode.l10n.t("A name for this connection."),
    value: draft.name === "" ? usual : draft.name,
    check: (text) =>
      text === "" || text.length > 200 ? vscode.l10n.t("Write a name of at most 200 characters.") : undefined,
  });
  return answer === undefined || answer === "back" ? answer : { value: { ...draft, name: answer.value } };
};
