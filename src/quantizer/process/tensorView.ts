import { decode, type LibraryHandle, struct } from "koffi";
import { bind, type NativeFunction } from "../../platform/process/nativeFunction";
import { TENSOR_OVERHEAD, tensorOffsets } from "../core/nativeLayouts";

export type Tensor = bigint;
export type Four = readonly [number, number, number, number];

/** Looks into ggml's tensors in memory. */
export class TensorView {
  private readonly opOf: NativeFunction<[Tensor], string>;
  private readonly nameOf: NativeFunction<[Tensor], string>;
  private readonly bytesOf: NativeFunction<[Tensor], number | bigint>;
  private readonly get: NativeFunction<[Tensor, Uint8Array, number, number], undefined>;

  constructor(private readonly base: LibraryHandle) {
    this.opOf = bind(base, "ggml_op_desc", "const char *", ["void *"]);
    this.nameOf = bind(base, "ggml_get_name", "const char *", ["void *"]);
    this.bytesOf = bind(base, "ggml_nbytes", "size_t", ["void *"]);
    this.get = bind(base, "ggml_backend_tensor_get", "void", ["void *", "_Out_ uint8_t *", "size_t", "size_t"]);
  }

  /** Whether a tensor made here looks as this class reads it; says what does not. */
  problem(): string | undefined {
    const { base } = this;
    const overhead = bind<[], number | bigint>(base, "ggml_tensor_overhead", "size_t", [])();
    if (Number(overhead) !== TENSOR_OVERHEAD) return `tensors of ${overhead} bytes`;
    const parameters = struct({ mem_size: "size_t", mem_buffer: "void *", no_alloc: "bool" });
    const context = bind<[object], bigint>(base, "ggml_init", "void *", [parameters])({
      ...{ mem_size: TENSOR_OVERHEAD * 8, mem_buffer: null, no_alloc: true },
    });
    const sizes = ["void *", "int", "int64_t", "int64_t"];
    const make = bind<[bigint, number, number, number], Tensor>(base, "ggml_new_tensor_2d", "void *", sizes);
    const setName = bind<[Tensor, string], Tensor>(base, "ggml_set_name", "void *", ["void *", "const char *"]);
    const multiply = bind<[bigint, Tensor, Tensor], Tensor>(base, "ggml_mul_mat", "void *", [
      ...["void *", "void *", "void *"],
    ]);
    const weights = make(context, 0, 7, 5);
    setName(weights, "blk.0.paddock.weight");
    const inputs = make(context, 0, 7, 3);
    const product = multiply(context, weights, inputs);
    const right =
      this.source(product, 0) === weights &&
      this.source(product, 1) === inputs &&
      this.name(weights) === "blk.0.paddock.weight" &&
      this.sizes(product).join() === "5,3,1,1" &&
      this.strides(inputs).join() === "4,28,84,84" &&
      this.type(product) === 0 &&
      this.operation(product) === "MUL_MAT";
    bind<[bigint], undefined>(base, "ggml_free", "void", ["void *"])(context);
    return right ? undefined : "tensors of another layout";
  }

  operation(tensor: Tensor): string {
    return this.opOf(tensor);
  }

  type(tensor: Tensor): number {
    return decode(tensor, tensorOffsets.type, "int32_t") as number;
  }

  /** The tensor's name without what a backend puts around it: CUDA0#blk.0.attn_k.weight#0. */
  name(tensor: Tensor): string {
    const name = this.nameOf(tensor);
    return name.includes("#") ? (name.split("#")[1] ?? name) : name;
  }

  source(tensor: Tensor, index: number): Tensor {
    const found = decode(tensor, tensorOffsets.src + index * 8, "void *") as bigint | null;
    if (found === null) throw new RangeError("A tensor without a source.");
    return found;
  }

  /** Values in each dimension. */
  sizes(tensor: Tensor): Four {
    return this.four(tensor, tensorOffsets.ne);
  }

  /** Bytes from one to the next in each dimension. */
  strides(tensor: Tensor): Four {
    return this.four(tensor, tensorOffsets.nb);
  }

  /** A copy of its data, wherever that lies. */
  data(tensor: Tensor): ArrayBuffer {
    const bytes = new Uint8Array(Math.ceil(Number(this.bytesOf(tensor)) / 4) * 4);
    this.get(tensor, bytes, 0, Number(this.bytesOf(tensor)));
    return bytes.buffer;
  }

  private four(tensor: Tensor, offset: number): Four {
    const at = (index: number): number => Number(decode(tensor, offset + index * 8, "int64_t"));
    return [at(0), at(1), at(2), at(3)];
  }
}
