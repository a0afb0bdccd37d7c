import type { GgufInsights } from "node-llama-cpp";
import { expect, test } from "vitest";
import { gpuMemory, type GpuRuntime, simulatedLayers } from "../../src/engine/process/gpuMemory";

const GIB = 1024 ** 3;
type Resolve = GgufInsights["configurationResolver"]["resolveModelGpuLayersV2"];
type Asked = Parameters<Resolve>;

function runtime(gpu: "cuda" | "metal" | false, keepOffGpu = false): GpuRuntime {
  const state = { total: 8 * GIB, used: GIB, free: 7 * GIB, unifiedSize: 9 * GIB };
  return { keepOffGpu, info: { devices: ["A GPU"] }, llama: { gpu, getVramState: () => Promise.resolve(state) } };
}

test("what the GPUs have is told, and nothing where all computing is on the CPU", async () => {
  expect(await gpuMemory(runtime("cuda"))).toEqual({
    totalBytes: 8 * GIB,
    freeBytes: 7 * GIB,
    // No more is shared than there is.
    unifiedBytes: 8 * GIB,
    devices: ["A GPU"],
  });
  const none = { totalBytes: 0, freeBytes: 0, unifiedBytes: 0, devices: [] };
  expect(await gpuMemory(runtime(false))).toEqual(none);
  expect(await gpuMemory(runtime("metal", true))).toEqual(none);
});

async function layers(
  wanted: number | null,
  fits: boolean,
): Promise<{ found: number; asked: Asked[0][]; free: number }> {
  const asked: Asked[0][] = [];
  let free = 0;
  const resolve: Resolve = async (gpuLayers, options) => {
    asked.push(gpuLayers);
    free = (await options?.getVramState?.())?.free ?? 0;
    if (typeof gpuLayers === "object" && !fits) throw new Error("not enough VRAM");
    return { gpuLayers: typeof gpuLayers === "number" ? gpuLayers : 12, useMmap: true };
  };
  const { gpuLayers } = await simulatedLayers({
    resolver: { resolveModelGpuLayersV2: resolve },
    totalBytes: 8 * GIB,
    paddingBytes: GIB,
    contextSize: 4096,
    gpuLayers: wanted,
  });
  return { found: gpuLayers, asked, free };
}

test("layers are simulated with room for the context, as if nothing were loaded", async () => {
  expect(await layers(null, true)).toEqual({
    found: 12,
    asked: [{ fitContext: { contextSize: 4096 } }],
    free: 7 * GIB,
  });
  // A context that has no room at all is no reason to say nothing.
  expect((await layers(null, false)).asked).toEqual([{ fitContext: { contextSize: 4096 } }, "auto"]);
  expect(await layers(5, true)).toMatchObject({ found: 5, asked: [5] });
});
