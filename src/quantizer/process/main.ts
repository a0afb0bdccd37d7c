import os from "node:os";
import { PaddockError } from "../../platform/core/errors";
import type { RequestHandlers } from "../../platform/core/rpc";
import { streamPeer } from "../../platform/node/streamRpc";
import { contextLayout, modelLayout, quantizeLayout } from "../core/nativeLayouts";
import {
  QUANTIZER_PROTOCOL_VERSION,
  type QuantizerContract,
  quantizerContract,
  quantizerEventsContract,
} from "../core/protocol";
import { ImatrixComputer } from "./imatrixComputer";
import { libraryFolder, loadLlama } from "./library";
import { ModelQuantizer } from "./quantizeModel";

/**
 * The quantizer's process: llama.cpp's own functions through koffi, told over stdin and stdout what to do. It is ended
 * to cancel, because no function of its can be broken off, and it ends itself when nobody is connected any more.
 * `--library=FOLDER` takes llama.cpp from there.
 */
const contractOut = process.stdout;
// stdout carries the contract; whatever else is printed, by any library, goes to stderr.
Object.defineProperty(process, "stdout", { value: process.stderr });

/** Gone at once, in the middle of native work too. The system frees everything. */
function end(): void {
  process.kill(process.pid, "SIGKILL");
}

let quantizer: ModelQuantizer | undefined;
let computer: ImatrixComputer | undefined;

function ready<T>(value: T | undefined): T {
  if (value === undefined) throw new PaddockError("quantizer/refused", "The quantizer was asked before its hello.");
  return value;
}

/** ggml's log level of errors. Warnings come by the hundred, and with the result. */
const ERROR = 4;

const handlers: RequestHandlers<QuantizerContract> = {
  hello: ({ protocolVersion }) => {
    if (protocolVersion !== QUANTIZER_PROTOCOL_VERSION) {
      throw new PaddockError("protocol-version", "The quantizer and the extension are of different versions.", {
        remedy: "Reload the window.",
      });
    }
    const given = process.argv.find((argument) => argument.startsWith("--library="))?.slice("--library=".length);
    const library = loadLlama(given ?? libraryFolder(), heard, [
      { name: "llama_model_quantize_default_params", layout: quantizeLayout },
      { name: "llama_model_default_params", layout: modelLayout },
      { name: "llama_context_default_params", layout: contextLayout },
    ]);
    quantizer = new ModelQuantizer(library);
    computer = new ImatrixComputer(library);
    return { pid: process.pid, llamaCppVersion: library.version, cores: os.availableParallelism() };
  },
  plan: ({ source, fileType, options, hasImatrix }) => ready(quantizer).plan(source, fileType, options, hasImatrix),
  quantize: async (request) => {
    const began = performance.now();
    const warnings = await ready(quantizer).quantize(request);
    return { ms: performance.now() - began, warnings };
  },
  computeImatrix: async (work, { progress }) => {
    const began = performance.now();
    const computed = await ready(computer).compute(work, (chunk, chunks) => progress({ chunk, chunks }));
    return { ms: performance.now() - began, ...computed };
  },
};

function heard(level: number, text: string): void {
  quantizer?.heard(level, text);
  computer?.heard(level, text);
  if (level === ERROR) peer.notify("log", { level: "error", message: text.trim().slice(0, 4000) });
}

const peer = streamPeer(process.stdin, contractOut, quantizerContract, quantizerEventsContract, (message) =>
  peer.notify("log", { level: "warn", message }),
);
peer.onClose(end);
process.stdin.on("end", end).on("close", end);
process.on("uncaughtException", (error) =>
  peer.notify("log", { level: "error", message: error.stack ?? error.message }),
);
process.on("unhandledRejection", (reason) =>
  peer.notify("log", {
    level: "error",
    message: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason),
  }),
);
peer.listen(handlers, { shutdown: end });
