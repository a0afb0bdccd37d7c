/** What is used of koffi, without the `any` of its own declarations; addresses are bigints in its version 3. */
declare module "koffi" {
  export interface TypeObject {
    readonly name: string;
    readonly size: number;
  }
  export type Type = string | TypeObject;
  export interface NativeCallable {
    (...values: readonly unknown[]): unknown;
    /** Runs on a thread of the pool; the last value is called back with an error or the result. */
    readonly async: (...values: readonly unknown[]) => void;
  }
  export interface LibraryHandle {
    func(name: string, result: Type, parameters: readonly Type[]): NativeCallable;
  }
  export function load(file: string): LibraryHandle;

  export function struct(fields: Readonly<Record<string, Type>>): TypeObject;
  export function struct(name: string, fields: Readonly<Record<string, Type>>): TypeObject;
  export function array(of: Type, length: number, hint?: "Typed"): TypeObject;
  export function pointer(to: Type): TypeObject;
  export function proto(definition: string): TypeObject;
  /** A function that native code may call, from any thread; it runs on this one. */
  export function register(callback: (...values: never[]) => unknown, type: TypeObject): bigint;

  /** Calls a function by its address; the values after the type are its own. */
  export function call(address: bigint, type: TypeObject, ...values: readonly unknown[]): unknown;
  export function alloc(type: Type, length: number): bigint;
  export function encode(at: bigint, type: Type, value: unknown): void;
  export function encode(at: bigint, type: Type, values: unknown, length: number): void;
  export function decode(at: bigint, type: Type): unknown;
  export function decode(at: bigint, offset: number, type: Type): unknown;
}
