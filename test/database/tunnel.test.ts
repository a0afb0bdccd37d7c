import { chmod, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { connect } from "node:net";
import path from "node:path";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTunnel } from "../../src/sql/node/sshTunnel";
import { cancelLater, forever } from "../support/openDatabases";

/** Forwards as ssh would, and does not log in where its destination says so. */
const program = `#!${process.execPath}
const net = require("node:net");
const destination = process.argv.at(-1);
if (destination === "closed") { console.error("me@closed: Permission denied (publickey)."); process.exit(255); }
const [, from, host, to] = process.argv[process.argv.indexOf("-L") + 1].split(":");
if (destination === "slow") setInterval(() => {}, 1000);
else net.createServer((socket) => {
  const there = net.connect(Number(to), host);
  socket.pipe(there).pipe(socket);
  for (const end of [socket, there]) end.on("error", () => socket.destroy());
}).listen(Number(from), "127.0.0.1");
`;

describe("a tunnel by ssh", () => {
  let folder: string;
  let ssh: string;
  let server: Server;
  let port: number;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "paddock-tunnel-"));
    ssh = path.join(folder, "ssh");
    await writeFile(ssh, program);
    await chmod(ssh, 0o755);
    server = createServer((socket) => socket.on("error", () => undefined).end("reached"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const read = (from: number): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = "";
      connect(from, "127.0.0.1")
        .on("data", (bytes) => (text += bytes.toString()))
        .on("end", () => resolve(text))
        .on("error", reject);
    });

  it("leads to the server, and ends with the connection", async () => {
    const tunnel = await openTunnel({ destination: "me@host" }, "127.0.0.1", port, forever, ssh);
    expect(await read(tunnel.port)).toBe("reached");
    await tunnel.close();
    await expect(read(tunnel.port)).rejects.toThrow(/ECONNREFUSED/);
  });

  it("says what ssh said when it did not log in", async () => {
    await expect(openTunnel({ destination: "closed" }, "127.0.0.1", port, forever, ssh)).rejects.toMatchObject({
      code: "sql/connection",
      message: "The SSH tunnel to closed could not be opened.",
      remedy: expect.stringContaining("Permission denied (publickey)") as string,
    });
    await expect(openTunnel({ destination: "h" }, "127.0.0.1", port, forever, `${ssh}-none`)).rejects.toMatchObject({
      code: "sql/connection",
    });
  });

  it("is given up when nobody wants it any more", async () => {
    const { code, ms } = await cancelLater(
      (signal) => openTunnel({ destination: "slow" }, "127.0.0.1", port, signal, ssh),
      300,
    );
    expect(code).toMatch(/cancelled|ABORT|20/);
    expect(ms).toBeLessThan(1000);
  });
});
