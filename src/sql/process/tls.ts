import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { checkServerIdentity, type ConnectionOptions } from "node:tls";
import { PaddockError } from "../../platform/core/errors";
import type { ServerTarget } from "../core/protocol";

/**
 * What a connection asks of TLS; undefined: none. Without `verify` the line is encrypted, but whoever answers is believed.
 * Certificates are those of the host that the person named, wherever a tunnel leads.
 * @throws PaddockError sql/connection for a file that cannot be read.
 */
async function tlsOptions({ tls, host }: ServerTarget): Promise<ConnectionOptions | undefined> {
  if (tls.mode === "off") return undefined;
  const read = async (file: string): Promise<string> => {
    try {
      return await readFile(file, "utf8");
    } catch (error) {
      throw new PaddockError("sql/connection", `The certificate file ${file} cannot be read.`, {
        remedy: "Check the file in the connection's TLS options.",
        detail: String(error),
        cause: error,
      });
    }
  };
  return {
    rejectUnauthorized: tls.mode === "verify",
    minVersion: "TLSv1.2",
    ...(isIP(host) === 0 ? { servername: host } : {}),
    checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
    ...(tls.caFile === undefined ? {} : { ca: await read(tls.caFile) }),
    ...(tls.certificateFile === undefined ? {} : { cert: await read(tls.certificateFile) }),
    ...(tls.keyFile === undefined ? {} : { key: await read(tls.keyFile) }),
  };
}

/**
 * Opens a connection as the target asks of TLS; `prefer` goes on without it where the server has none.
 * @param hasNone whether an error says so. @param named the engine's errors as ours.
 */
export async function openByTls<T>(
  target: ServerTarget,
  open: (tls: ConnectionOptions | undefined) => Promise<T>,
  hasNone: (error: unknown) => boolean,
  named: (error: unknown, target: ServerTarget) => unknown,
): Promise<T> {
  const tls = await tlsOptions(target);
  try {
    return await open(tls).catch((error: unknown) => {
      if (target.tls.mode !== "prefer" || !hasNone(error)) throw error;
      return open(undefined);
    });
  } catch (error) {
    throw named(error, target);
  }
}

/** The error of a certificate that is not trusted, or not of this host; undefined: it is another error. */
export function certificateError(error: unknown, host: string): PaddockError | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // mysql2 has one code for all that fails here.
  const wrapped = code === "HANDSHAKE_SSL_ERROR" && /certificate|altname/i.test(String(error));
  if (!wrapped && !/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_(VERIFY|GET)/.test(code)) return undefined;
  return new PaddockError("sql/connection", `The certificate of ${host} is not trusted.`, {
    remedy: "Give the certificate authority's file in the connection's TLS options, or another mode.",
    detail: `${code}: ${String(error)}`,
    cause: error,
  });
}
