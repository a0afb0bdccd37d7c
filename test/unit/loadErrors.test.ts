import { expect, test } from "vitest";
import { contextError } from "../../src/engine/process/loadErrors";

test("a type that a KV cache cannot have is told apart from too little memory", () => {
  const failed = new Error("Failed to create context");
  const misfit = ["llama_init_from_model: K cache type q8_0 with block size 32 does not divide n_embd_head_k=16"];
  expect(contextError(failed, misfit)).toMatchObject({ code: "unsupported", remedy: "Keep it in F16." });
  const values = ["llama_init_from_model: quantized V cache requires flash_attn to be enabled"];
  expect(contextError(failed, values).code).toBe("unsupported");
  expect(contextError(failed, ["ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate"]).code).toBe(
    "context/too-large",
  );
});
