import { type ChildProcess, spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { PaddockError } from "../../platform/core/errors";
import type { SshTunnel } from "../core/connection";

/** How long ssh may take to log in and forward, ms. */
const CONNECT_MS = 20_000;
const POLL_MS = 100;
const LAST_WORDS = 1000;

export interface OpenTunnel {
  /** On this machine, where the server's port is reached. */
  readonly port: number;
  /** Ends ssh; resolves when it is gone. */
  close(): Promise<void>;
}

/**
 * A host, an alias of the person's configuration, or an `ssh://` address, with or without `user@`: never something that
 * ssh or a shell would take for an option or a command.
 */
export function isSshDestination(destination: string): boolean {
  return /^(ssh:\/\/)?([\p{L}\p{N}_][\p{L}\p{N}_.+-]*@)?(\[[0-9a-f:.]+\]|[\p{L}\p{N}_][\p{L}\p{N}_.:-]*)$/iu.test(
    destination,
  );
}

/**
 * The arguments for ssh. It asks nothing, because nobody could answer; `--` ends its options.
 * @throws PaddockError sql/connection for a destination or a host that is none.
 */
export function tunnelArguments(tunnel: SshTunnel, localPort: number, host: string, port: number): string[] {
  if (!isSshDestination(tunnel.destination)) {
    throw new PaddockError("sql/connection", `"${tunnel.destination}" is no SSH host.`, {
      remedy: "Write a host or an alias of your SSH configuration, with or without user@.",
    });
  }
  if (!/^[\p{L}\p{N}_.:-]+$/u.test(host))
    throw new PaddockError("sql/connection", `"${host}" is no host that SSH can forward to.`);
  const there = host.includes(":") ? `[${host}]` : host;
  return [
    "-N",
    "-T",
    ...["-L", `127.0.0.1:${localPort}:${there}:${port}`],
    ...["-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes", "-o", "ServerAliveInterval=15"],
    // A connection that is shared with the person's own sessions would outlive ours.
    ...["-o", "ControlMaster=no", "-o", "ControlPath=none", "-o", "PermitLocalCommand=no"],
    ...(tunnel.port === undefined ? [] : ["-p", String(tunnel.port)]),
    "--",
    tunnel.destination,
  ];
}

/**
 * Opens a tunnel by the person's own ssh, with their keys and configuration.
 * @param program ssh, or another program of its kind.
 * @throws PaddockError sql/connection with ssh's own last words; cancelled.
 */
export async function openTunnel(
  tunnel: SshTunnel,
  host: string,
  port: number,
  signal: AbortSignal,
  program = "ssh",
): Promise<OpenTunnel> {
  const localPort = await freePort();
  const child = spawn(program, tunnelArguments(tunnel, localPort, host, port), {
    stdio: ["ignore", "ignore", "pipe"],
    windowsHide: true,
  });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (words = `${words}${text}`.slice(-LAST_WORDS)));
  const gone = exitOf(child);
  const close = async (): Promise<void> => {
    child.kill();
    await gone;
  };
  try {
    await ready(localPort, gone, signal);
    return { port: localPort, close };
  } catch (error) {
    await close();
    if (signal.aborted || !(error instanceof PaddockError)) throw error;
    const said = words.trim().split("\n").at(-1) ?? "";
    throw new PaddockError("sql/connection", `The SSH tunnel to ${tunnel.destination} could not be opened.`, {
      remedy: `${said === "" ? "" : `ssh says: ${said} `}Try "ssh ${tunnel.destination}" in a terminal: it must log in without asking.`,
      detail: `${error.message} ${words}`,
    });
  }
}

/** Resolves when the port is open, which with ExitOnForwardFailure is when ssh has logged in. */
async function ready(port: number, gone: Promise<string>, signal: AbortSignal): Promise<void> {
  let ended: string | undefined;
  void gone.then((how) => (ended = how));
  const until = performance.now() + CONNECT_MS;
  while (!(await isOpen(port))) {
    signal.throwIfAborted();
    if (ended !== undefined) throw new PaddockError("sql/connection", `ssh ended: ${ended}.`);
    if (performance.now() > until) throw new PaddockError("sql/connection", "ssh did not log in in time.");
    await sleep(POLL_MS, undefined, { signal });
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
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

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", (code, signal) => resolve(signal ?? `code ${code ?? "unknown"}`));
  });
}
