import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";

/** llama.cpp's own server, started as llama.vscode's published launch commands do. */
const BATCH = 1024;
const CACHE_REUSE = 256;
const START_MS = 120_000;

const count = v.pipe(v.number(), v.integer());
const completionSchema = v.object({
  content: v.string(),
  timings: v.object({ prompt_n: count, cache_n: v.optional(count, 0), predicted_n: count }),
});
export type ServerCompletion = v.InferOutput<typeof completionSchema>;
const tokensSchema = v.object({ tokens: v.array(count) });

export interface ServerOptions {
  readonly program: string;
  readonly model: string;
  readonly threads: number;
  readonly contextSize: number;
  /** Where and with what it is started; absent: as this process was. */
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Further options, as on its command line. */
  readonly more?: readonly string[];
}

export class LlamaServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly address: string,
    /** The model has FIM tokens, so that /infill works. */
    readonly infills: boolean,
    readonly contextSize: number,
  ) {}

  /** @throws Error with the server's last words when it does not start. */
  static async start({
    program,
    model,
    threads,
    contextSize,
    cwd,
    env,
    more = [],
  }: ServerOptions): Promise<LlamaServer> {
    const port = await freePort();
    const numbers = {
      "--port": port,
      "-c": contextSize,
      "-t": threads,
      "-b": BATCH,
      "-ub": BATCH,
      "-np": 1,
      "-ngl": 0,
      "--cache-reuse": CACHE_REUSE,
    };
    const options = Object.entries(numbers).flatMap(([name, value]) => [name, String(value)]);
    const child = spawn(program, ["-m", model, "--host", "127.0.0.1", "--no-webui", ...options, ...more], {
      stdio: ["ignore", "ignore", "pipe"],
      cwd,
      env,
    });
    const kill = (): void => void child.kill("SIGKILL");
    process.once("exit", kill);
    child.once("exit", () => process.off("exit", kill));
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2000)));
    const address = `http://127.0.0.1:${port}`;
    const end = performance.now() + START_MS;
    while (!(await healthy(address))) {
      if (child.exitCode !== null || performance.now() > end) {
        kill();
        throw new Error(`llama-server did not start:\n${said}`);
      }
      await sleep(100);
    }
    const probe = await post(address, "/infill", { input_prefix: "", input_suffix: "", n_predict: 0 });
    return new LlamaServer(child, address, probe.ok, contextSize);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  async infill(payload: Readonly<Record<string, unknown>>): Promise<ServerCompletion> {
    return v.parse(completionSchema, await this.json("/infill", payload));
  }

  async completion(payload: Readonly<Record<string, unknown>>): Promise<ServerCompletion> {
    return v.parse(completionSchema, await this.json("/completion", payload));
  }

  /** Special tokens in the text are taken as text, as /infill takes them. */
  async tokenize(content: string): Promise<number[]> {
    const answer = await this.json("/tokenize", { content, add_special: false, parse_special: false });
    return v.parse(tokensSchema, answer).tokens;
  }

  /** What comes before any prompt: the BOS token, where the model wants one. */
  async beginning(): Promise<number[]> {
    return v.parse(tokensSchema, await this.json("/tokenize", { content: "", add_special: true })).tokens;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    this.child.kill("SIGKILL");
    await once(this.child, "exit");
  }

  /** Prompt tokens that /infill takes of the prefix and of all chunks, by its own rule. */
  get shares(): { readonly prefix: number; readonly extra: number } {
    return { prefix: 3 * (BATCH / 4), extra: Math.max(0, this.contextSize - BATCH) };
  }

  private async json(path: string, payload: unknown): Promise<unknown> {
    const response = await post(this.address, path, payload);
    if (!response.ok) throw new Error(`llama-server ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}

function post(address: string, path: string, payload: unknown): Promise<Response> {
  return fetch(address + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(payload),
  });
}

async function healthy(address: string): Promise<boolean> {
  try {
    return (await fetch(`${address}/health`)).ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("The system gave no port.");
  return address.port;
}
