import { describe, expect, it } from "vitest";
import { maxFileBytes, refusalOfPath, refusalOfSize, refusalOfText } from "../../src/context/core/gate";

describe("the gate", () => {
  it.each([
    ".env",
    ".env.local",
    "prod.env",
    "a/b/.ENV.production",
    "server.pem",
    "tls/server.key",
    "C:\\Users\\me\\keys\\a.PFX",
    "a.p12",
    "a.jks",
    "id_rsa",
    "id_ed25519",
    "x/.npmrc",
    ".pypirc",
    ".netrc",
    "_netrc",
    ".pgpass",
    ".git-credentials",
    "/home/me/.aws/credentials",
    "/home/me/.ssh/config",
    "/home/me/.kube/config",
    "kubeconfig",
    "kubeconfig.yaml",
    "terraform.tfstate",
    "terraform.tfstate.backup",
    "credentials.json",
    "secrets.yaml",
    "secret.json",
  ])("refuses %s", (path) => expect(refusalOfPath(path)).toMatchObject({ why: "secret" }));

  it.each([
    ".env.example",
    ".env.sample",
    ".env.local.example",
    "src/environment.ts",
    "keyboard.ts",
    "docs/secrets-of-the-trade.md",
    "src/credentialStore.ts",
    "monkey.ts",
    "id_rsa.pub",
    "config",
    "package.json",
  ])("lets %s through", (path) => expect(refusalOfPath(path)).toBeUndefined());

  it("knows a private key by its first line, whatever the file is called", () => {
    for (const kind of ["", "RSA ", "OPENSSH ", "EC ", "ENCRYPTED "])
      expect(refusalOfText(`x\n-----BEGIN ${kind}PRIVATE KEY-----\nMII`)).toMatchObject({ why: "secret" });
    expect(refusalOfText("-----BEGIN PGP PRIVATE KEY BLOCK-----")).toMatchObject({ why: "secret" });
    expect(refusalOfText("-----BEGIN PUBLIC KEY-----\nMII")).toBeUndefined();
  });

  it("refuses what is no text, and what no context holds, with the limit", () => {
    expect(refusalOfText("GIF\0")).toEqual({ why: "binary" });
    expect(refusalOfSize(maxFileBytes)).toBeUndefined();
    expect(refusalOfSize(maxFileBytes + 1)).toEqual({
      why: "tooLarge",
      bytes: maxFileBytes + 1,
      most: maxFileBytes,
    });
  });
});
