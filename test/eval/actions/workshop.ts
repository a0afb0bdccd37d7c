import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/**
 * How far code is kept from the machine while it runs:
 * - `sealed`: bubblewrap, with the file system read-only and no network
 * - `nobody`: as the user nobody, without network; where root runs this and there is no bubblewrap
 * - `open`: as whoever runs this, for code that people wrote
 */
export type Isolation = "sealed" | "nobody" | "open";

export interface Ran {
  /** null: it was ended, for its time or its output. */
  readonly code: number | null;
  readonly output: string;
}

export interface RunOptions {
  /** Under the workshop's folder. */
  readonly folder: string;
  readonly command: readonly string[];
  /** Of processor time; a check takes some hundredths. */
  readonly cpuSeconds?: number;
}

const wallMs = 20_000;
const memoryKiB = 2 * 1024 * 1024;
/** Blocks of 1 KiB, as bash counts them; a precompiled header is the largest file that is written. */
const fileKiB = 128 * 1024;
const mostOutput = 64 * 1024;
const systemPath = "/usr/local/bin:/usr/bin:/bin";
const nobody = 65534;

/**
 * A throwaway folder and what runs in it, with bounds on time, memory, files and output. POSIX only: the bounds are
 * those of bash's ulimit.
 */
export class Workshop {
  /** Node, where even those may run it who may not see this repository. */
  node = process.execPath;

  private constructor(
    readonly folder: string,
    readonly isolation: Isolation,
  ) {}

  /**
   * @param trusted the code is the repository's own and may run as whoever runs this.
   * @throws Error where code of a model could do harm, saying what to install.
   */
  static async open(trusted: boolean): Promise<Workshop> {
    const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "paddock-actions-")));
    chmodSync(folder, 0o755);
    for (const isolation of ["sealed", "nobody", ...(trusted ? ["open" as const] : [])] as const) {
      if (isolation === "nobody" && process.getuid?.() !== 0) continue;
      const workshop = new Workshop(folder, isolation);
      const room = workshop.room({});
      if ((await workshop.run({ folder: room, command: ["true"] })).code !== 0) continue;
      if ((await workshop.run({ folder: room, command: [workshop.node, "--version"] })).code !== 0) {
        workshop.node = path.join(folder, "node");
        copyFileSync(process.execPath, workshop.node);
        chmodSync(workshop.node, 0o755);
      }
      return workshop;
    }
    await rm(folder, { recursive: true, force: true });
    throw new Error(
      "Code that a model wrote is run only where it can do no harm, and this machine has no way to that. Install one with: sudo apt-get install bubblewrap",
    );
  }

  /** A new folder with these files, which the code may write to; their names may name folders. */
  room(files: Readonly<Record<string, string>>): string {
    const room = mkdtempSync(path.join(this.folder, "room-"));
    chmodSync(room, 0o777);
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(room, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return room;
  }

  run({ folder, command, cpuSeconds = 4 }: RunOptions): Promise<Ran> {
    const limits = `ulimit -t ${cpuSeconds} -d ${memoryKiB} -f ${fileKiB} -c 0; exec "$@"`;
    const [program = "", ...options] = [...this.walls(folder), "bash", "-c", limits, "limited", ...command];
    return new Promise((resolve) => {
      const child = spawn(program, options, {
        cwd: folder,
        // Nothing of the person's: no keys, no addresses, no home.
        env: { PATH: systemPath, HOME: folder, TMPDIR: folder, LANG: "C.UTF-8" },
        stdio: ["ignore", "pipe", "pipe"],
        // A group of its own, so that what it started ends with it.
        detached: true,
      });
      let output = "";
      const end = (): void => {
        try {
          if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        } catch {
          // It has ended already.
        }
      };
      const timer = setTimeout(end, wallMs);
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
          if (output.length < mostOutput) output += text;
          else end();
        });
      }
      child.on("error", (error) => {
        clearTimeout(timer);
        resolve({ code: null, output: error.message });
      });
      child.on("close", (code) => {
        clearTimeout(timer);
        end();
        resolve({ code: output.length < mostOutput ? code : null, output });
      });
    });
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private walls(folder: string): readonly string[] {
    switch (this.isolation) {
      case "sealed": {
        const own = ["--bind", folder, folder, "--dev", "/dev", "--proc", "/proc", "--chdir", folder];
        return ["bwrap", "--ro-bind", "/", "/", ...own, "--unshare-all", "--die-with-parent", "--new-session", "--"];
      }
      case "nobody": {
        const alone = ["unshare", "--net", "--ipc", "--pid", "--fork", "--kill-child", "--"];
        const ids = [`--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", "--no-new-privs", "--inh-caps=-all"];
        return [...alone, "setpriv", ...ids, "--"];
      }
      case "open":
        return [];
    }
  }
}
