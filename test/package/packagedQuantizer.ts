import path from "node:path";
import { readWholeFile } from "../../src/models/node/ggufPreflight";
import type { Logger } from "../../src/platform/core/logger";
import { plainOptions } from "../../src/quantizer/core/protocol";
import { quantTypeOf } from "../../src/quantizer/core/quantTypes";
import { Quantizer } from "../../src/quantizer/node/quantizer";

/**
 * Has the quantizer of an unpacked extension plan what a model would be as Q8_0: koffi and llama.cpp load, and llama.cpp
 * is one whose structures are known.
 * @returns bits per weight.
 * @throws {Error} with what it wrote to its log, when it does not answer.
 */
export async function planWithPackagedQuantizer(extension: string, model: string): Promise<number> {
  let complaints = "";
  const line = (message: string): void => void (complaints += `${message}\n`);
  const log: Logger = { debug: line, info: line, warn: line, error: line };
  const quantizer = new Quantizer({
    processPath: path.join(extension, "dist/quantizer.mjs"),
    log,
    readModel: readWholeFile,
  });
  const signal = AbortSignal.timeout(60_000);
  const type = quantTypeOf("Q8_0");
  try {
    const source = await quantizer.open(model, signal);
    const plans = await quantizer.plan(source, type === undefined ? [] : [type], plainOptions, false, signal);
    return plans[0]?.bitsPerWeight ?? Number.NaN;
  } catch (cause) {
    throw new Error(`The packaged quantizer did not answer. ${complaints}`, { cause });
  }
}
