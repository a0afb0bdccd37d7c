import type { GateVerdict } from "../gate";

type Reason = Extract<GateVerdict, { readonly allowed: false }>["reason"];

/** Thrown inside the gate alone, which makes a verdict of it. The message is a sentence for the person. */
export class Refused extends Error {
  constructor(
    readonly reason: Reason,
    message: string,
  ) {
    super(message);
    this.name = "Refused";
  }
}

export const forbidden = (message: string): Refused => new Refused("forbidden", message);
