import { statSync } from "node:fs";
import path from "node:path";
import { PaddockError } from "../../platform/core/errors";

/** A database's file as it was when it was opened: another one in its place is another database. */
export class OpenFile {
  private readonly identity: string;

  /** @throws PaddockError sql/connection where there is no such file. */
  constructor(readonly file: string) {
    const identity = identityOf(file);
    if (identity === undefined) {
      throw new PaddockError("sql/connection", `There is no file ${path.basename(file)}.`, {
        remedy: "It may have been moved or deleted. Change the connection's file, or remove the connection.",
        detail: file,
      });
    }
    this.identity = identity;
  }

  /** @throws PaddockError sql/changed when it is gone, or another file has its name. */
  check(): void {
    const now = identityOf(this.file);
    if (now === this.identity) return;
    const name = path.basename(this.file);
    throw now === undefined
      ? new PaddockError("sql/changed", `${name} was deleted or moved while it was open.`, {
          remedy: "Put it back, or remove the connection.",
          detail: this.file,
        })
      : new PaddockError("sql/changed", `${name} was replaced by another file while it was open.`, {
          remedy: "Read its schema again and ask once more.",
          detail: this.file,
        });
  }
}

function identityOf(file: string): string | undefined {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats?.isFile() === true ? `${stats.dev}:${stats.ino}` : undefined;
}
