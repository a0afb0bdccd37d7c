import { readFileSync } from "node:fs";
import path from "node:path";
import { array, type LibraryHandle, proto, pointer, register, struct } from "koffi";
import * as v from "valibot";
import { PaddockError } from "../../platform/core/errors";
import { libraryFile, llamaFolder, type LlamaPart } from "../../platform/process/llamaFolder";
import { bind } from "../../platform/process/nativeFunction";
import { firstDifference, type Field, layoutVersions } from "../core/nativeLayouts";
import { loadLibraries } from "./native";

const buildSchema = v.object({
  buildOptions: v.object({ llamaCpp: v.object({ release: v.pipe(v.string(), v.maxLength(100)) }) }),
});

/** llama.cpp in this process, of a version whose structures are known. */
export interface LlamaLibrary {
  /** As the binding's package says, such as "v0.5.0". */
  readonly version: string;
  readonly llama: LibraryHandle;
  readonly base: LibraryHandle;
}

export type LogListener = (level: number, message: string) => void;

/**
 * The folder with the libraries, beside the binding.
 * @throws PaddockError quantizer/refused where there is none for this platform.
 */
export function libraryFolder(): string {
  const folder = llamaFolder();
  if (folder !== undefined) return folder;
  throw new PaddockError("quantizer/refused", "There is no llama.cpp that can quantize on this platform.", {
    detail: `${process.platform}-${process.arch}`,
  });
}

/**
 * Loads llama.cpp, and makes sure that it is one whose structures this program knows: by the version that its package
 * tells, by its own, and by the bytes of its default parameters.
 * @throws PaddockError quantizer/refused
 */
export function loadLlama(folder: string, listener: LogListener, checked: readonly CheckedLayout[]): LlamaLibrary {
  const version = packagedVersion(folder);
  if (!layoutVersions.includes(version)) throw refused(`version ${version}`);
  const find = (library: LlamaPart): string => {
    const found = libraryFile(folder, library);
    if (found === undefined) throw refused(`no ${library} in ${folder}`);
    return found;
  };
  const [base, ggml, llama] = loadLibraries([find("ggml-base"), find("ggml"), find("llama")]);
  if (base === undefined || ggml === undefined || llama === undefined) throw refused("a library is missing");
  const own = bind<[], string>(llama, "llama_version", "const char *", [])();
  if (!own.startsWith(version.slice(1))) throw refused(`a package of ${version} that holds ${own}`);
  for (const { name, layout } of checked) {
    const difference = firstDifference(layout, rawDefaults(llama, name));
    if (difference !== undefined) throw refused(`another default of ${difference} in ${name}`);
  }
  const callback = pointer(proto("void paddock_log(int32_t level, const char *text, void *user)"));
  const setLog = bind<[bigint, null], undefined>(llama, "llama_log_set", "void", [callback, "void *"]);
  setLog(
    register((level: number, text: string) => listener(level, text), callback),
    null,
  );
  // The packages' libraries find their backends by folder, not beside the program.
  bind<[string], undefined>(ggml, "ggml_backend_load_all_from_path", "void", ["const char *"])(folder);
  bind<[], undefined>(llama, "llama_backend_init", "void", [])();
  return { version, llama, base };
}

export interface CheckedLayout {
  /** The function that returns the structure with its defaults. */
  readonly name: string;
  readonly layout: readonly Field[];
}

/** Larger than any structure that is asked for, so that one that has grown writes over nothing. */
const RAW_BYTES = 512;

/** Bytes as the library returns them: structures of more than 16 bytes are written where the caller says. */
function rawDefaults(llama: LibraryHandle, name: string): Uint8Array {
  const raw = struct({ bytes: array("uint8_t", RAW_BYTES, "Typed") });
  const { bytes } = bind<[], { bytes: Uint8Array }>(llama, name, raw, [])();
  return bytes;
}

function packagedVersion(folder: string): string {
  try {
    const text = readFileSync(path.join(folder, "_nlcBuildMetadata.json"), "utf8");
    return v.parse(buildSchema, JSON.parse(text)).buildOptions.llamaCpp.release;
  } catch (error) {
    throw refused(`a package that does not tell its version (${error instanceof Error ? error.message : ""})`);
  }
}

function refused(detail: string): PaddockError {
  return new PaddockError(
    "quantizer/refused",
    `The llama.cpp that is installed is not one that Paddock can quantize with: it found ${detail}.`,
    { remedy: `Install Paddock again; this version of it knows llama.cpp ${layoutVersions.join(" and ")}.`, detail },
  );
}
