/** Why a server cannot be reached: several addresses of one name fail with an error that has no words of its own. */
export function reasonOf(error: Error): string {
  if (error instanceof AggregateError && error.message === "")
    return [...new Set(error.errors.map((one) => (one instanceof Error ? one.message : String(one))))].join(", ");
  return error.message;
}
