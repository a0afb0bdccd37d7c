import type { Connection, Submittable } from "pg";

export interface PostgresField {
  readonly name: string;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

type Row = readonly (string | null)[];

/**
 * One statement in the extended protocol, which takes no more than one: described and not run, or run with its rows
 * handed on as they come, in PostgreSQL's own text. `pg` calls the handle methods.
 */
export class PostgresStatement implements Submittable {
  /** Undefined: it gives no rows. Rejects with the server's error. */
  readonly done: Promise<readonly PostgresField[] | undefined>;
  /** Of what the server says when it is done, such as `UPDATE 3`. */
  tag = "";
  private fields: readonly PostgresField[] | undefined;
  private resolve: (fields: readonly PostgresField[] | undefined) => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(
    private readonly text: string,
    private readonly onRow: ((row: Row, fields: readonly PostgresField[]) => void) | "describe",
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  submit(connection: Connection): void {
    connection.parse({ name: "", text: this.text, types: [] }, true);
    if (this.onRow === "describe") {
      connection.describe({ type: "S", name: "" }, true);
    } else {
      connection.bind({ portal: "", statement: "", values: [] }, true);
      connection.describe({ type: "P", name: "" }, true);
      connection.execute({ portal: "", rows: "" }, true);
    }
    connection.sync();
  }

  handleRowDescription({ fields }: { readonly fields: readonly PostgresField[] }): void {
    this.fields = fields;
  }

  handleDataRow({ fields }: { readonly fields: Row }): void {
    if (this.onRow !== "describe" && this.fields !== undefined) this.onRow(fields, this.fields);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.tag = text;
  }

  handleError(error: Error): void {
    this.reject(error);
  }

  handleReadyForQuery(): void {
    this.resolve(this.fields);
  }

  handlePortalSuspended(): void {
    // Asked for all rows, it suspends nothing.
  }

  handleEmptyQuery(): void {
    // Has no rows, which is what remains to be told.
  }

  handleCopyInResponse(connection: { sendCopyFail(message: string): void }): void {
    connection.sendCopyFail("COPY is not answered");
  }

  handleCopyData(): void {
    // What a COPY sends is dropped; its statement is refused for having no rows.
  }
}
