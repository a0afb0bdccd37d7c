import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export interface ChildProgram {
  /** The bundled program. */
  readonly file: string;
  /** Starts it under the Node that runs the tests; `wrap` puts another program before it. */
  start(args: readonly string[], wrap?: readonly string[]): RunningChild;
  remove(): Promise<void>;
}

export interface RunningChild {
  readonly process: ChildProcess;
  /** Resolves when the child has printed the line; rejects with all it printed when it ends before. */
  printed(line: string): Promise<void>;
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  output(): string;
}

/** Bundles a TypeScript program so that a real second process can run the product's own code. */
export async function childProgram(entry: URL): Promise<ChildProgram> {
  const folder = await mkdtemp(path.join(tmpdir(), "paddock-child-"));
  const file = path.join(folder, "program.cjs");
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "cjs",
    logLevel: "error",
  });
  return {
    file,
    start(args, wrap = []) {
      const [command = process.execPath, ...rest] = [...wrap, process.execPath, file, ...args];
      return running(spawn(command, rest, { stdio: ["pipe", "pipe", "pipe"] }));
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function running(child: ChildProcess): RunningChild {
  let output = "";
  const waiting = new Set<() => void>();
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
    for (const check of waiting) check();
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
    child.on("error", reject);
  });
  return {
    process: child,
    ended,
    output: () => output,
    printed: (line) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (!output.split("\n").includes(line)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
        void ended.then((how) => reject(new Error(`ended (${how}) before it printed "${line}":\n${output}`)));
      }),
  };
}
