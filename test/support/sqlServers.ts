import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { mariadbServer, onPath, postgresFolder } from "../../scripts/setup.mjs";
import type { ConnectionTarget, TlsOptions } from "../../src/sql/core/connection";

const run = promisify(execFile);
/** Servers refuse to run as root; nobody has this number's files. */
const UNPRIVILEGED = 65_534;
const STARTING_MS = 60_000;

export type ServerTarget = Extract<ConnectionTarget, { readonly host: string }>;

/** A database server of this test alone, in a temporary folder. */
export interface SqlServer {
  readonly engine: "postgres" | "mariadb";
  readonly port: number;
  readonly password: string;
  /** The server's own certificate authority, in PEM. */
  readonly caFile: string;
  target(tls?: TlsOptions): ServerTarget;
  /** Ends it at once, as a crash or a pulled plug would. */
  crash(): Promise<void>;
  /** Starts it again with its data. */
  restart(): Promise<void>;
  /** Ends it and deletes its folder. */
  stop(): Promise<void>;
}

/** Why PostgreSQL cannot be started here; undefined: it can. */
export const noPostgres =
  postgresFolder() === undefined ? "PostgreSQL is not installed (Debian: postgresql)" : undefined;
/** Why MariaDB cannot be started here; undefined: it can. */
export const noMariadb =
  mariadbServer() === undefined ? "MariaDB is not installed (Debian: mariadb-server)" : undefined;

/** Its user `paddock` owns its database `test`, and is no superuser. */
export async function startPostgres(): Promise<SqlServer> {
  const programs = postgresFolder();
  if (programs === undefined) throw new Error(noPostgres);
  const { folder, caFile, port, password, owner } = await prepare("postgres");
  const data = path.join(folder, "data");
  await writeFile(path.join(folder, "password"), password);
  await run(
    path.join(programs, "initdb"),
    [
      "-D",
      data,
      "-U",
      "postgres",
      "-A",
      "scram-sha-256",
      `--pwfile=${path.join(folder, "password")}`,
      "-E",
      "UTF8",
      "-N",
    ],
    { ...owner, env: { ...process.env, LC_ALL: "C.UTF-8" } },
  );
  const settings = {
    ...{ listen_addresses: "127.0.0.1", unix_socket_directories: folder, fsync: "off", ssl: "on" },
    ...{ ssl_cert_file: path.join(folder, "server.crt"), ssl_key_file: path.join(folder, "server.key") },
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = new RunningServer("postgres", folder, port, password, caFile, () =>
    spawn(path.join(programs, "postgres"), ["-D", data, "-p", String(port), ...options], { ...owner, stdio }),
  );
  await server.restart();
  const admin = `CREATE ROLE paddock LOGIN PASSWORD '${password}'; CREATE DATABASE test OWNER paddock`;
  for (const sql of admin.split("; ")) {
    await run(path.join(programs, "psql"), ["-h", folder, "-p", String(port), "-U", "postgres", "-qc", sql], {
      env: { ...process.env, PGPASSWORD: password },
    });
  }
  return server;
}

/** Its user `paddock` may do anything in its database `test`, and nothing elsewhere. */
export async function startMariadb(): Promise<SqlServer> {
  const program = mariadbServer();
  if (program === undefined) throw new Error(noMariadb);
  const { folder, caFile, port, password, owner } = await prepare("mariadb");
  const data = path.join(folder, "data");
  const install = onPath("mariadb-install-db") ?? "/usr/bin/mariadb-install-db";
  await run(
    install,
    ["--no-defaults", `--datadir=${data}`, "--auth-root-authentication-method=normal", "--skip-test-db"],
    owner,
  );
  const setup = path.join(folder, "setup.sql");
  // One statement a line, as the server wants it.
  const statements = [
    "CREATE DATABASE IF NOT EXISTS test",
    `CREATE USER IF NOT EXISTS paddock@'%' IDENTIFIED BY '${password}'`,
    "GRANT ALL ON test.* TO paddock@'%'",
  ];
  await writeFile(setup, statements.map((sql) => `${sql};\n`).join(""));
  const options = [
    "--no-defaults",
    ...[`--datadir=${data}`, `--socket=${path.join(folder, "s")}`, `--pid-file=${path.join(folder, "pid")}`],
    ...[
      `--port=${port}`,
      "--bind-address=127.0.0.1",
      `--init-file=${setup}`,
      "--skip-name-resolve",
      "--character-set-server=utf8mb4",
    ],
    ...[`--ssl-cert=${path.join(folder, "server.crt")}`, `--ssl-key=${path.join(folder, "server.key")}`],
    ...["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M"],
  ];
  const server = new RunningServer("mariadb", folder, port, password, caFile, () =>
    spawn(program, options, { ...owner, stdio }),
  );
  await server.restart();
  return server;
}

const stdio: ["ignore", "ignore", "pipe"] = ["ignore", "ignore", "pipe"];

class RunningServer implements SqlServer {
  private child: ChildProcess | undefined;
  private gone: Promise<void> = Promise.resolve();
  private words = "";

  constructor(
    readonly engine: "postgres" | "mariadb",
    private readonly folder: string,
    readonly port: number,
    readonly password: string,
    readonly caFile: string,
    private readonly launch: () => ChildProcess,
  ) {}

  target(tls: TlsOptions = { mode: "off" }): ServerTarget {
    return { engine: this.engine, host: "127.0.0.1", port: this.port, database: "test", user: "paddock", tls };
  }

  async crash(): Promise<void> {
    this.child?.kill("SIGKILL");
    await this.gone;
    // The postmaster's children end by themselves; the next start waits for their shared memory.
    await sleep(300);
  }

  async restart(): Promise<void> {
    const child = this.launch();
    this.child = child;
    this.words = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.words = (this.words + text).slice(-4000)));
    this.gone = new Promise((resolve) => child.on("exit", () => resolve()));
    const until = Date.now() + STARTING_MS;
    while (!(await answers(this.port))) {
      if (child.exitCode !== null || Date.now() > until)
        throw new Error(`${this.engine} does not start:\n${this.words}`);
      await sleep(100);
    }
  }

  async stop(): Promise<void> {
    // For PostgreSQL "fast shutdown", for MariaDB an ordinary one.
    this.child?.kill(this.engine === "postgres" ? "SIGINT" : "SIGTERM");
    const timer = setTimeout(() => this.child?.kill("SIGKILL"), 10_000);
    await this.gone;
    clearTimeout(timer);
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function prepare(name: string) {
  const folder = await mkdtemp(path.join(os.tmpdir(), `paddock-${name}-`));
  const root = process.getuid?.() === 0;
  const caFile = path.join(folder, "server.crt");
  const keyFile = path.join(folder, "server.key");
  // Its own authority: a certificate that signs itself, for this address.
  await run("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"],
    ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", keyFile, "-out", caFile],
  ]);
  await chmod(keyFile, 0o600);
  await mkdir(path.join(folder, "data"), { mode: 0o700 });
  if (root)
    for (const file of [folder, keyFile, path.join(folder, "data")]) await chown(file, UNPRIVILEGED, UNPRIVILEGED);
  const owner = { cwd: folder, ...(root ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {}) };
  return { folder, caFile, port: await freePort(), password: 'a "secret" of-this test', owner };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** A server that is ready says something first (MariaDB), or answers an SSL request (PostgreSQL). */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])));
    const settle = (ready: boolean): void => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(2000, () => settle(false));
    socket
      .on("data", () => settle(true))
      .on("error", () => settle(false))
      .on("close", () => settle(false));
  });
}
