import type { LibraryHandle, Type } from "koffi";

/** Where something lies in memory; null is C's NULL. */
export type Pointer = bigint | null;

/** A function of a library: called at once, or `later` on a thread of the pool, while this one goes on. */
export interface NativeFunction<A extends readonly unknown[], R> {
  (...values: A): R;
  later(...values: A): Promise<R>;
}

/** @throws Error when the library has no such function, which a library of another version may not. */
export function bind<A extends readonly unknown[], R>(
  library: LibraryHandle,
  name: string,
  result: Type,
  parameters: readonly Type[],
): NativeFunction<A, R> {
  const native = library.func(name, result, parameters);
  // What a function takes and gives is said once, by whoever binds it.
  const call = (...values: A): R => native(...values) as R;
  return Object.assign(call, {
    later: (...values: A) =>
      new Promise<R>((resolve, reject) => {
        native.async(...values, (error: unknown, value: unknown) => {
          if (error == null) resolve(value as R);
          else reject(error instanceof Error ? error : new Error(JSON.stringify(error)));
        });
      }),
  });
}
