import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PaddockError } from "../../src/platform/core/errors";
import { silentLogger } from "../../src/platform/core/logger";
import type { ConnectionProfile } from "../../src/sql/core/connection";
import { isSameTarget, nameOfTarget, parseConnectionText } from "../../src/sql/core/connectionUrl";
import type { OpenDatabase } from "../../src/sql/core/database";
import { connectionsInEnv } from "../../src/sql/core/dotEnv";
import type { DatabaseSchema } from "../../src/sql/core/schema";
import { connectionsOfSqlTools } from "../../src/sql/core/sqlTools";
import { Connections, type ConnectionsDeps } from "../../src/sql/node/connections";
import { databaseFileKind } from "../../src/sql/node/fileKind";
import { FollowingAsker } from "../../src/sql/node/followingAsker";
import { LazyGate } from "../../src/sql/node/lazyGate";
import { ProfileStore } from "../../src/sql/node/profileStore";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-connections-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const profile = (id: string, more: Partial<ConnectionProfile> = {}): ConnectionProfile => ({
  id,
  name: id,
  target: { engine: "sqlite", file: `/data/${id}.db` },
  writable: false,
  sampleValues: false,
  notes: {},
  ...more,
});
const server = (text: string) => {
  const parsed = parseConnectionText(text);
  if (parsed.kind !== "target" || !("host" in parsed.target)) throw new Error(`no server: ${text}`);
  return { ...parsed.target, password: parsed.password };
};

describe("a pasted connection", () => {
  it("is taken apart though its password is not encoded", () => {
    expect(
      server("postgres://ann:p@ss/w#rd@db.example.com:5433/shop?sslmode=verify-full&sslrootcert=%2Fca.pem"),
    ).toEqual({
      engine: "postgres",
      host: "db.example.com",
      port: 5433,
      database: "shop",
      user: "ann",
      tls: { mode: "verify", caFile: "/ca.pem" },
      password: "p@ss/w#rd",
    });
  });

  it.each([
    ["postgresql+asyncpg://u@h/d", { engine: "postgres", port: 5432, user: "u", database: "d" }],
    ["jdbc:mysql://h:3307/d?ssl-mode=REQUIRED", { engine: "mysql", port: 3307, tls: { mode: "require" } }],
    ["mysql+pymysql://u:a%40b@h/d", { engine: "mysql", password: "a@b" }],
    ["mariadb://[::1]:3306/d", { engine: "mariadb", host: "::1" }],
    ["postgres:///d?host=/var/run/postgresql&user=me", { host: "/var/run/postgresql", user: "me" }],
    ["postgres://u:100%@h/d", { password: "100%" }],
    ["'postgres://h/d?sslmode=disable'", { tls: { mode: "off" }, user: "" }],
  ])("%s", (text, expected) => {
    expect(server(text)).toMatchObject(expected);
  });

  it.each([
    ["sqlite:///rel/app.db", { engine: "sqlite", file: "rel/app.db" }],
    ["sqlite:////abs/app.db", { engine: "sqlite", file: "/abs/app.db" }],
    ["file:./dev.db", { engine: "sqlite", file: "./dev.db" }],
    ["file:///home/me/a%20b.duckdb", { engine: "duckdb", file: "/home/me/a b.duckdb", files: [] }],
    ["/tmp/sales.csv", { engine: "duckdb", files: ["/tmp/sales.csv"] }],
    ["C:\\data\\shop.sqlite3", { engine: "sqlite", file: "C:\\data\\shop.sqlite3" }],
    ["duckdb:warehouse.db", { engine: "duckdb", file: "warehouse.db", files: [] }],
  ])("%s is a file", (text, target) => {
    expect(parseConnectionText(text)).toEqual({ kind: "target", target });
  });

  it.each([
    ["", "empty"],
    ["https://example.com", "unknown"],
    ["mongodb://h/d", "unknown"],
    ["notes.txt", "unknown"],
    ["postgres://h:99999/d", "port"],
    ["postgres://a,b/d", "host"],
  ])("%j is refused", (text, problem) => {
    expect(parseConnectionText(text)).toEqual({ kind: "problem", problem });
  });

  it("has a name without its password", () => {
    const { password: _, ...target } = server("postgres://ann:secret@db:5432/shop");
    expect(nameOfTarget(target)).toBe("shop (db)");
    expect(nameOfTarget({ engine: "duckdb", files: ["/a/x.csv", "/a/y.csv"] })).toBe("x.csv +1");
  });

  it("is the same database by another word", () => {
    const { password: _, ...a } = server("mysql://u:1@h/d");
    const b = { ...server("mariadb://u:2@h:3306/d?ssl=true"), password: undefined };
    expect(isSameTarget(a, b)).toBe(true);
    expect(isSameTarget(a, { ...b, database: "e" })).toBe(false);
  });
});

describe("what a workspace names", () => {
  it("is found in .env by URL, with quotes, export, comments and variables", () => {
    const found = connectionsInEnv(
      [
        "# DATABASE_URL=postgres://commented/out",
        "DB_PASS='s3cret'",
        'export DATABASE_URL="postgres://ann:${DB_PASS}@db:5432/shop" # main',
        "SQLITE_URL=file:./dev.db",
        "API_URL=https://example.com",
        "REDIS_URL=redis://localhost:6379",
        "LOG_URL=not a url",
      ].join("\n"),
    );
    expect(found.map(({ key }) => key)).toEqual(["DATABASE_URL", "SQLITE_URL"]);
    expect(found[0]?.found.password).toBe("s3cret");
  });

  it("is found in .env by single variables", () => {
    const found = connectionsInEnv(
      "DB_CONNECTION=pgsql\nDB_HOST=db\nDB_PORT=5433\nDB_DATABASE=shop\nDB_USERNAME=ann\nDB_PASSWORD=a:b@c\nPGHOST=pg\nPGUSER=me",
    );
    expect(found.map(({ found: { target, password } }) => ({ ...target, password }))).toMatchObject([
      { engine: "postgres", host: "pg", user: "me", password: undefined },
      { engine: "postgres", host: "db", port: 5433, database: "shop", user: "ann", password: "a:b@c" },
    ]);
  });

  it("is found in SQLTools' settings, whatever else stands there", () => {
    const found = connectionsOfSqlTools(
      [
        { name: "Lite", driver: "SQLite", database: "${workspaceFolder}/app.db" },
        { name: "Other", driver: "SQLite", database: "${workspaceFolder:gone}/app.db" },
        {
          name: "Shop",
          driver: "PostgreSQL",
          server: "db",
          port: "5433",
          database: "shop",
          username: "ann",
          password: "x",
          ssh: "Enabled",
          sshOptions: { host: "bastion", username: "-oProxyCommand=evil" },
        },
        { name: 7, driver: "SQLite" },
        "nonsense",
      ],
      (name) => (name === undefined ? "/ws" : undefined),
    );
    expect(found.map(({ name, found: { target, password } }) => ({ name, ...target, password }))).toMatchObject([
      { name: "Lite", engine: "sqlite", file: "/ws/app.db" },
      { name: "Shop", engine: "postgres", port: 5433, password: "x", ssh: { destination: "bastion" } },
    ]);
    expect(connectionsOfSqlTools({ not: "a list" }, () => undefined)).toEqual([]);
  });

  it("is a database by its first bytes, whatever its name", async () => {
    const write = async (name: string, bytes: string): Promise<string> => {
      const file = path.join(folder, name);
      await writeFile(file, bytes, "latin1");
      return file;
    };
    expect(await databaseFileKind(await write("a.db", "SQLite format 3\0more"))).toBe("sqlite");
    expect(await databaseFileKind(await write("b.db", "12345678DUCK\x40\0\0\0"))).toBe("duckdb");
    expect(await databaseFileKind(await write("c.sqlite", "hello"))).toBeUndefined();
    expect(await databaseFileKind(path.join(folder, "none"))).toBeUndefined();
  });
});

describe("the kept connections", () => {
  const store = (): ProfileStore => new ProfileStore(path.join(folder, "deep", "connections.json"), silentLogger);

  it("are there in another window, in their order, and change by id", async () => {
    const [one, other] = [store(), store()];
    await one.save(profile("a"));
    await other.save(profile("b"));
    await one.save(profile("a", { name: "first" }));
    await other.refresh();
    expect(other.profiles.map(({ name }) => name)).toEqual(["first", "b"]);
    await other.remove("a");
    await one.refresh();
    expect(one.profiles.map(({ id }) => id)).toEqual(["b"]);
  });

  it("lose nothing of what a later version wrote among them", async () => {
    const own = store();
    await own.save(profile("a"));
    const later = { id: "z", engine: "oracle-of-tomorrow" };
    const kept = JSON.parse(await readFile(own.file, "utf8")) as { profiles: unknown[] };
    await writeFile(own.file, JSON.stringify({ ...kept, profiles: [...kept.profiles, later] }));
    await own.save(profile("b"));
    const now = JSON.parse(await readFile(own.file, "utf8")) as { profiles: unknown[] };
    expect(now.profiles).toHaveLength(3);
    expect(now.profiles).toContainEqual(later);
  });

  it("are set aside where they are damaged", async () => {
    const own = store();
    await own.save(profile("a"));
    await writeFile(own.file, '{"version": 1, "profiles": [');
    await own.refresh();
    expect(own.profiles).toEqual([]);
    await own.save(profile("b"));
    const names = await readdir(path.dirname(own.file));
    expect(names.filter((name) => name.includes(".damaged-"))).toHaveLength(1);
  });
});

const schema: DatabaseSchema = { engine: "sqlite", version: "3", tables: [] };

/** A database that can be made to fail; a real one is asked in the tests of the engines. */
function fakeDatabase(more: Partial<OpenDatabase> = {}): OpenDatabase & { closed: number } {
  const database = {
    engine: "sqlite" as const,
    closed: 0,
    schema: () => Promise.resolve(schema),
    prepare: () => Promise.resolve({ columns: [] }),
    query: () => Promise.resolve({ columns: [], rows: [], elapsedMs: 0 }),
    explain: () => Promise.resolve([]),
    findValues: () => Promise.resolve([]),
    preview: () => Promise.resolve({ rows: 0 }),
    execute: () => Promise.resolve({ rows: 0 }),
    close: () => {
      database.closed++;
      return Promise.resolve();
    },
    ...more,
  };
  return database;
}

describe("connections", () => {
  const never = new AbortController().signal;
  const secrets = new Map<string, string>();
  async function made(deps: Partial<ConnectionsDeps> = {}): Promise<Connections> {
    secrets.clear();
    const store = (name: string): ProfileStore => new ProfileStore(path.join(folder, `${name}.json`), silentLogger);
    const connections = new Connections({
      stores: { workspace: store("workspace"), everywhere: store("everywhere") },
      passwords: {
        get: (id) => Promise.resolve(secrets.get(id)),
        set: (id, password) => {
          if (password === undefined) secrets.delete(id);
          else secrets.set(id, password);
          return Promise.resolve();
        },
      },
      askPassword: () => Promise.resolve(undefined),
      checkTrust: () => undefined,
      open: () => Promise.resolve(fakeDatabase()),
      createAsker: () => ({
        ask: () => Promise.reject(new Error("not asked")),
        fix: () => Promise.reject(new Error("not asked")),
        warm: () => Promise.resolve(),
      }),
      log: silentLogger,
      ...deps,
    });
    await connections.save(profile("a"), "workspace");
    return connections;
  }

  it("open once for all who wait, and stay open", async () => {
    let opened = 0;
    const connections = await made({
      open: () => Promise.resolve(fakeDatabase({ engine: "sqlite" })).finally(() => opened++),
    });
    const all = await Promise.all([connections.connect("a", never), connections.connect("a", never)]);
    expect(all[0]).toBe(all[1]);
    expect(await connections.connect("a", never)).toBe(all[0]);
    expect(opened).toBe(1);
  });

  it("stop opening when the last who waits goes away", async () => {
    let stopped = false;
    const connections = await made({
      open: (_profile, _password, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            stopped = true;
            reject(new PaddockError("cancelled", "Cancelled."));
          });
        }),
    });
    const [one, two] = [new AbortController(), new AbortController()];
    const waiting = [connections.connect("a", one.signal), connections.connect("a", two.signal)];
    one.abort();
    await expect(waiting[0]).rejects.toMatchObject({ code: "cancelled" });
    expect(stopped).toBe(false);
    expect(connections.state("a").status).toBe("connecting");
    two.abort();
    await expect(waiting[1]).rejects.toMatchObject({ code: "cancelled" });
    await expect.poll(() => connections.state("a").status).toBe("closed");
    expect(stopped).toBe(true);
  });

  it("say why they failed, and open anew when they are asked again", async () => {
    let fails = true;
    const connections = await made({
      open: () =>
        fails
          ? Promise.reject(new PaddockError("sql/locked", "Another program has it locked."))
          : Promise.resolve(fakeDatabase()),
    });
    await expect(connections.connect("a", never)).rejects.toMatchObject({ code: "sql/locked" });
    expect(connections.state("a")).toMatchObject({ status: "failed", error: { code: "sql/locked" } });
    fails = false;
    await connections.connect("a", never);
    expect(connections.state("a").status).toBe("open");
  });

  it("are lost with their server, and come back", async () => {
    let isGone = false;
    const connections = await made({
      open: () =>
        Promise.resolve(
          fakeDatabase({
            query: () =>
              isGone
                ? Promise.reject(new PaddockError("sql/connection", "The server closed the connection."))
                : Promise.resolve({ columns: [], rows: [], elapsedMs: 1 }),
          }),
        ),
    });
    const limits = { maxRows: 1, maxBytes: 1, timeoutMs: 1 };
    const { database } = await connections.connect("a", never);
    isGone = true;
    await expect(database.query("SELECT 1", limits, never)).rejects.toMatchObject({ code: "sql/connection" });
    expect(connections.state("a").status).toBe("failed");
    isGone = false;
    const again = await connections.connect("a", never);
    await again.database.query("SELECT 1", limits, never);
    expect(connections.state("a").status).toBe("open");
  });

  it("stay open where other rows would be changed than were agreed to, and not where the file is another", async () => {
    const changed = (): Promise<never> => Promise.reject(new PaddockError("sql/changed", "It has changed."));
    const database = fakeDatabase({ execute: changed, explain: changed });
    const connections = await made({ open: () => Promise.resolve(database) });
    const open = (await connections.connect("a", never)).database;
    await expect(open.execute("UPDATE t", { expectedRows: 1, signal: never })).rejects.toMatchObject({
      code: "sql/changed",
    });
    expect(connections.state("a").status).toBe("open");
    await expect(open.explain("SELECT 1", never)).rejects.toMatchObject({ code: "sql/changed" });
    expect(connections.state("a").status).toBe("failed");
    expect(database.closed).toBe(1);
  });

  it("ask for a password only where the server wants one, and keep it only when told", async () => {
    const asked: boolean[] = [];
    const answers = [
      { password: "wrong", keep: false },
      { password: "right", keep: true },
    ];
    const connections = await made({
      open: (_profile, password) =>
        password === "right"
          ? Promise.resolve(fakeDatabase())
          : Promise.reject(new PaddockError("sql/authentication", "No.")),
      askPassword: (_profile, isKnown) => {
        asked.push(isKnown);
        return Promise.resolve(answers.shift());
      },
    });
    await connections.connect("a", never);
    expect(asked).toEqual([false, true]);
    expect(secrets.get("a")).toBe("right");
    await connections.remove("a");
    expect(secrets.size).toBe(0);
    expect(connections.list()).toEqual([]);
  });

  it("close what would be opened otherwise, and tell the model new notes without that", async () => {
    const database = fakeDatabase();
    const connections = await made({ open: () => Promise.resolve(database) });
    const before = await connections.connect("a", never);
    await connections.update("a", (one) => ({ ...one, notes: { singer: { note: "People who sing" } } }));
    const after = await connections.connect("a", never);
    expect(database.closed).toBe(0);
    expect(after.asker).not.toBe(before.asker);
    expect(after.profile.notes.singer?.note).toBe("People who sing");
    await connections.update("a", (one) => ({ ...one, writable: true }));
    expect(database.closed).toBe(1);
    expect(connections.state("a").status).toBe("closed");
  });

  it("stay open when what is kept is read while this window changes it", async () => {
    const database = fakeDatabase();
    const connections = await made({ open: () => Promise.resolve(database) });
    for (let round = 0; round < 5; round++) {
      const reading = connections.refresh();
      await connections.update("a", (one) => ({ ...one, notes: { round: { note: String(round) } } }));
      await connections.connect("a", never);
      await Promise.all([reading, connections.refresh()]);
      expect((await connections.connect("a", never)).profile.notes.round?.note).toBe(String(round));
    }
    expect(database.closed).toBe(0);
  });

  it("follow what another window changed", async () => {
    const database = fakeDatabase();
    const connections = await made({ open: () => Promise.resolve(database) });
    await connections.connect("a", never);
    const other = new ProfileStore(path.join(folder, "workspace.json"), silentLogger);
    await other.update("a", (one) => ({ ...one, notes: { singer: { note: "theirs" } } }));
    await connections.refresh();
    expect(connections.connected("a")?.profile.notes.singer?.note).toBe("theirs");
    await other.update("a", (one) => ({ ...one, writable: true }));
    await connections.refresh();
    expect(connections.state("a").status).toBe("closed");
    expect(database.closed).toBe(1);
  });

  it("are told of notes that were written while they were being opened, and opened anew for another right", async () => {
    const release: ((database: OpenDatabase) => void)[] = [];
    const connections = await made({ open: () => new Promise((resolve) => release.push(resolve)) });
    const first = connections.connect("a", never);
    await expect.poll(() => release.length).toBe(1);
    await connections.update("a", (one) => ({ ...one, notes: { singer: { note: "new" } } }));
    release[0]?.(fakeDatabase());
    expect((await first).profile.notes.singer?.note).toBe("new");
    await connections.disconnect("a");
    const second = connections.connect("a", never).catch((error: unknown) => error);
    await expect.poll(() => release.length).toBe(2);
    await connections.update("a", (one) => ({ ...one, writable: true }));
    const third = connections.connect("a", never);
    await expect.poll(() => release.length).toBe(3);
    const stale = fakeDatabase();
    release[1]?.(stale);
    expect(await second).toMatchObject({ code: "cancelled" });
    expect(stale.closed).toBe(1);
    expect(connections.state("a").status).toBe("connecting");
    release[2]?.(fakeDatabase());
    expect((await third).profile.writable).toBe(true);
    expect(connections.state("a").status).toBe("open");
  });

  it("open nothing in a workspace that is not trusted", async () => {
    let opened = 0;
    const connections = await made({
      checkTrust: () => {
        throw new PaddockError("unsupported", "Restricted.");
      },
      open: () => {
        opened++;
        return Promise.resolve(fakeDatabase());
      },
    });
    await expect(connections.connect("a", never)).rejects.toMatchObject({ code: "unsupported" });
    await expect(connections.test(profile("b"), undefined, never)).rejects.toMatchObject({ code: "unsupported" });
    expect(opened).toBe(0);
  });

  it("move between this workspace and all without a second one", async () => {
    const connections = await made();
    expect(connections.scopeOf("a")).toBe("workspace");
    await connections.save(profile("a", { name: "moved" }), "everywhere");
    expect(connections.scopeOf("a")).toBe("everywhere");
    expect(connections.list().map(({ name }) => name)).toEqual(["moved"]);
  });
});

describe("what a connection is asked by", () => {
  it("is the model that is used now, made once for each", async () => {
    const made: string[] = [];
    let model = "small";
    const asker = new FollowingAsker(
      () => ({ id: model, promptLayout: undefined }),
      ({ id: now }) => {
        made.push(now);
        return Promise.resolve({
          ask: () => Promise.resolve({ kind: "failed" as const, message: now, attempts: [] }),
          fix: () => Promise.reject(new Error("not asked")),
          warm: () => Promise.resolve(),
        });
      },
    );
    const ask = async (): Promise<string> => {
      const { signal } = new AbortController();
      const answer = await asker.ask("?", { earlier: [], examples: [], signal });
      return answer.kind === "failed" ? answer.message : "";
    };
    expect(await ask()).toBe("small");
    expect(await ask()).toBe("small");
    model = "large";
    expect(await ask()).toBe("large");
    expect(made).toEqual(["small", "large"]);
  });

  it("passes no statement before the gate's parser is there, and tries again where that failed", async () => {
    let fails = true;
    const gate = new LazyGate(() =>
      fails ? Promise.reject(new Error("no file")) : Promise.resolve({ parse: () => [] }),
    );
    expect(gate.check("SELECT 1", "sqlite", undefined, "read").allowed).toBe(false);
    await expect(gate.ready()).rejects.toMatchObject({ code: "internal" });
    fails = false;
    await gate.ready();
    expect(gate.check("SELECT 1", "sqlite", undefined, "read").allowed).toBe(false);
  });
});
