import type { LibraryHandle, TypeObject } from "koffi";
import { PaddockError } from "../../../platform/core/errors";
import { libraryFile, llamaFolder } from "../../../platform/process/llamaFolder";
import { bind, type Pointer } from "../../../platform/process/nativeFunction";

/** ggml_backend_dev_type. */
const deviceTypes = { cpu: [0], gpu: [1, 2] } as const;

type Gpu = "metal" | "vulkan" | "cuda" | false;

/** Of this process. */
const loaded = new Map<Gpu, Promise<Ggml>>();

/**
 * ggml's own functions, as the binding has loaded them into this process: the same file is the same library, with the
 * processor's variant and the devices that the binding has chosen.
 */
export class Ggml {
  readonly tensor;
  readonly multiply;
  readonly add;
  readonly scale;
  readonly norm;
  readonly gate;
  readonly writeRows;
  readonly rotate;
  readonly attend;
  readonly permute;
  readonly graph;
  readonly expand;
  readonly free;
  readonly allocate;
  readonly allocateFrom;
  /** Gives a tensor its place in a buffer; places may be shared by what is not needed at the same time. */
  readonly place;
  readonly release;
  readonly set;
  readonly bytesOf;
  readonly blockOf;
  readonly blockBytesOf;
  readonly compute;
  readonly supports;
  private readonly init;
  private readonly bufferOf;
  private readonly baseOf;
  private readonly overhead: number;
  private readonly graphOverhead;
  private readonly procedure;

  private constructor(
    base: LibraryHandle,
    private readonly koffi: Koffi,
    /** The device that computes, ready to. */
    readonly backend: Pointer,
    private readonly device: Pointer,
  ) {
    const made = "void *";
    const p = "void *";
    const i64 = "int64_t";
    type P = Pointer;
    this.init = bind<[object], P>(base, "ggml_init", made, [
      koffi.struct({ mem_size: "size_t", mem_buffer: "void *", no_alloc: "bool" }),
    ]);
    this.free = bind<[P], undefined>(base, "ggml_free", "void", [p]);
    this.tensor = bind<[P, number, number, number, number, number], P>(base, "ggml_new_tensor_4d", made, [
      ...[p, "int", i64, i64, i64, i64],
    ]);
    this.multiply = bind<[P, P, P], P>(base, "ggml_mul_mat", made, [p, p, p]);
    this.add = bind<[P, P, P], P>(base, "ggml_add", made, [p, p, p]);
    this.scale = bind<[P, P, P], P>(base, "ggml_mul", made, [p, p, p]);
    this.norm = bind<[P, P, number], P>(base, "ggml_rms_norm", made, [p, p, "float"]);
    this.gate = bind<[P, P, P], P>(base, "ggml_swiglu_split", made, [p, p, p]);
    /** Of a tensor, by positions in a tensor of I64. */
    this.writeRows = bind<[P, P, P, P], P>(base, "ggml_set_rows", made, [p, p, p, p]);
    const [f, i] = ["float", "int"];
    type N = number;
    this.rotate = bind<[P, P, P, P, N, N, N, N, N, N, N, N, N], P>(base, "ggml_rope_ext", made, [
      ...[p, p, p, p, i, i, i, f, f, f, f, f, f],
    ]);
    this.attend = bind<[P, P, P, P, P, number, number, number], P>(base, "ggml_flash_attn_ext", made, [
      ...[p, p, p, p, p, "float", "float", "float"],
    ]);
    this.permute = bind<[P, P, number, number, number, number], P>(base, "ggml_permute", made, [
      ...[p, p, "int", "int", "int", "int"],
    ]);
    this.graph = bind<[P, number, boolean], P>(base, "ggml_new_graph_custom", made, [p, "size_t", "bool"]);
    this.expand = bind<[P, P], undefined>(base, "ggml_build_forward_expand", "void", [p, p]);
    this.allocate = bind<[P, P], P>(base, "ggml_backend_alloc_ctx_tensors", made, [p, p]);
    this.allocateFrom = bind<[P, P], P>(base, "ggml_backend_alloc_ctx_tensors_from_buft", made, [p, p]);
    this.bufferOf = bind<[P, number], P>(base, "ggml_backend_alloc_buffer", made, [p, "size_t"]);
    this.baseOf = bind<[P], P>(base, "ggml_backend_buffer_get_base", made, [p]);
    this.place = bind<[P, P, P], number>(base, "ggml_backend_tensor_alloc", "int", [p, p, p]);
    this.release = bind<[P], undefined>(base, "ggml_backend_buffer_free", "void", [p]);
    this.set = bind<[P, Uint8Array, number, number], undefined>(base, "ggml_backend_tensor_set", "void", [
      ...[p, p, "size_t", "size_t"],
    ]);
    this.bytesOf = bind<[P], number | bigint>(base, "ggml_nbytes", "size_t", [p]);
    this.blockBytesOf = bind<[number], number | bigint>(base, "ggml_type_size", "size_t", ["int"]);
    this.blockOf = bind<[number], number | bigint>(base, "ggml_blck_size", i64, ["int"]);
    /** 0 where all is well (GGML_STATUS_SUCCESS). */
    this.compute = bind<[P, P], number>(base, "ggml_backend_graph_compute", "int", [p, p]);
    this.supports = bind<[P, P], boolean>(base, "ggml_backend_dev_supports_op", "bool", [p, p]);
    this.overhead = Number(bind<[], number | bigint>(base, "ggml_tensor_overhead", "size_t", [])());
    this.graphOverhead = bind<[number, boolean], number | bigint>(base, "ggml_graph_overhead_custom", "size_t", [
      ...["size_t", "bool"],
    ]);
    const registry = bind<[P], P>(base, "ggml_backend_dev_backend_reg", made, [p])(device);
    const find = bind<[P, string], P>(base, "ggml_backend_reg_get_proc_address", made, [p, "const char *"]);
    this.procedure = (name: string): Pointer => find(registry, name);
  }

  /**
   * For the binding's backend, which must be loaded already.
   * @throws PaddockError unsupported where its libraries cannot be called.
   */
  static load(gpu: Gpu): Promise<Ggml> {
    // What is bound has names that a process may give once; of a backend there need not be two.
    const known = loaded.get(gpu) ?? Ggml.open(gpu);
    loaded.set(gpu, known);
    return known;
  }

  private static async open(gpu: Gpu): Promise<Ggml> {
    try {
      const koffi = await import("koffi");
      const folder = gpu === "vulkan" || gpu === "cuda" ? llamaFolder(gpu) : llamaFolder();
      const [basePath, ggmlPath] = [folder && libraryFile(folder, "ggml-base"), folder && libraryFile(folder, "ggml")];
      if (basePath === undefined || ggmlPath === undefined) throw new RangeError("There are no libraries.");
      const base = koffi.load(basePath);
      const byType = bind<[number], Pointer>(koffi.load(ggmlPath), "ggml_backend_dev_by_type", "void *", ["int"]);
      const devices = (gpu === false ? deviceTypes.cpu : deviceTypes.gpu).map((type) => byType(type));
      const device = devices.find((found) => found !== null);
      if (device === undefined) throw new RangeError("There is no device.");
      const begin = bind<[Pointer, null], Pointer>(base, "ggml_backend_dev_init", "void *", ["void *", "void *"]);
      const backend = begin(device, null);
      if (backend === null) throw new RangeError("The device could not be started.");
      return new Ggml(base, koffi, backend, device);
    } catch (error) {
      throw new PaddockError("unsupported", "What this machine can do at most cannot be measured here.", {
        remedy: "Benchmarks work all the same. Installing Paddock again may help.",
        detail: error instanceof Error ? error.message : String(error),
        cause: error,
      });
    }
  }

  /** Room for the descriptions of that many tensors, whose values are allocated later, and for a graph of as many. */
  context(tensors: number): Pointer {
    const graph = Number(this.graphOverhead(graphSize(tensors), false));
    return this.init({ mem_size: (tensors + 8) * this.overhead + graph, mem_buffer: null, no_alloc: true });
  }

  /** A graph that all tensors of such a context fit in. */
  graphOf(context: Pointer, tensors: number): Pointer {
    return this.graph(context, graphSize(tensors), false);
  }

  /** Memory of the device, and where it begins; a null buffer: there is not enough. */
  room(bytes: number): { readonly buffer: Pointer; readonly base: Pointer } {
    const buffer = this.bufferOf(this.backend, bytes);
    return { buffer, base: buffer === null ? null : this.baseOf(buffer) };
  }

  /** Only the CPU asks for it. */
  useThreads(threads: number): void {
    const set = this.procedure("ggml_backend_set_n_threads");
    if (set === null) return;
    this.koffi.call(set, this.prototypes.threads, this.backend, threads);
  }

  /** Where a device keeps weights in an order of its own ("repacked"), best first. */
  ownBufferTypes(): Pointer[] {
    const get = this.procedure("ggml_backend_dev_get_extra_bufts");
    if (get === null) return [];
    const list = this.koffi.call(get, this.prototypes.buffers, this.device) as Pointer;
    const found: Pointer[] = [];
    for (let at = 0; list !== null; at += 8) {
      const next = this.koffi.decode(list, at, "void *") as Pointer;
      if (next === null) break;
      found.push(next);
    }
    return found;
  }

  /** Whether the device computes this node with its tensors where they are. */
  computes(node: Pointer): boolean {
    return this.supports(this.device, node);
  }

  private get prototypes(): { readonly threads: TypeObject; readonly buffers: TypeObject } {
    return (this.known ??= {
      threads: this.koffi.proto("void paddock_set_n_threads(void *backend, int threads)"),
      buffers: this.koffi.proto("void *paddock_extra_bufts(void *device)"),
    });
  }
  private known: { readonly threads: TypeObject; readonly buffers: TypeObject } | undefined;
}

type Koffi = typeof import("koffi");

function graphSize(tensors: number): number {
  return Math.max(64, 2 * tensors);
}
