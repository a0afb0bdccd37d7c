import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ModelState } from "../../src/engine/backend";
import { EngineProcess } from "../../src/engine/client/engineProcess";
import { type EngineSettings, Supervisor } from "../../src/engine/client/supervisor";
import { silentLogger } from "../../src/platform/core/logger";
import { type ChildProgram, childProgram } from "../support/childProgram";

const { signal } = new AbortController();
let program: ChildProgram;
let open: Supervisor | undefined;

beforeAll(async () => {
  program = await childProgram(new URL("../support/failingEngine.ts", import.meta.url));
});
afterEach(async () => {
  await open?.close();
  delete process.env.PADDOCK_FAULT;
});
afterAll(() => program.remove());

function supervise(fault: string, gpu: EngineSettings["gpu"] = "auto") {
  process.env.PADDOCK_FAULT = fault;
  const states: ModelState["status"][] = [];
  const started: EngineProcess[] = [];
  const supervisor = new Supervisor({
    resolve: () => Promise.resolve({ path: "model.gguf" }),
    launch: () => {
      const engine = new EngineProcess({ enginePath: program.file, log: silentLogger });
      started.push(engine);
      return engine;
    },
    settings: () => ({ gpu, gpuLayers: null, threads: 0, contextSize: 0, idleUnloadMinutes: 0 }),
    log: silentLogger,
    onState: ({ status }) => states.push(status),
  });
  open = supervisor;
  return { supervisor, states, started };
}

describe("the supervisor", () => {
  it.each([
    ["gpu-crash", "The CPU is used because the engine crashed on the GPU."],
    ["gpu-memory", "The CPU is used because it does not fit on the GPU."],
  ])("falls back to the CPU after %s and says why", async (fault, reason) => {
    const { supervisor, started } = supervise(fault);
    const { info } = await supervisor.load(signal);
    expect(info).toMatchObject({ backend: "cpu", backendReason: reason });
    expect(started).toHaveLength(2);
    await started[0]?.gone;
  });

  it("tries the GPU again when a person restarts", async () => {
    const { supervisor } = supervise("gpu-crash");
    await supervisor.load(signal);
    process.env.PADDOCK_FAULT = "none";
    const { info } = await supervisor.restart(signal);
    expect(info).toMatchObject({ backend: "vulkan", backendReason: "It was told auto." });
  });

  it("blames the file when the engine dies twice on it, leaves no process, and can be asked again", async () => {
    const { supervisor, started, states } = supervise("crash", "cpu");
    await expect(supervisor.load(signal)).rejects.toMatchObject({ code: "model/damaged" });
    expect(states.at(-1)).toBe("failed");
    await Promise.all(started.map(({ gone }) => gone));
    expect(started).toHaveLength(2);
    process.env.PADDOCK_FAULT = "none";
    await expect(supervisor.load(signal)).resolves.toMatchObject({ info: { backend: "cpu" } });
  });

  it("ends a load that nobody waits for any more, and only then", async () => {
    const { supervisor, started } = supervise("none", "cpu");
    const [one, other] = [new AbortController(), new AbortController()];
    const loads = [supervisor.load(one.signal), supervisor.load(other.signal)];
    one.abort();
    await expect(loads[0]).rejects.toMatchObject({ code: "cancelled" });
    await expect(loads[1]).resolves.toBeDefined();
    expect(started).toHaveLength(1);
    await supervisor.unload();
    const last = new AbortController();
    const left = supervisor.load(last.signal);
    last.abort();
    await expect(left).rejects.toMatchObject({ code: "cancelled" });
    await Promise.all(started.map(({ gone }) => gone));
    expect(supervisor.state.status).toBe("unloaded");
  });
});
