import { PaddockError } from "./errors";

/**
 * The address of a server, as people have it: with or without "http://" and the "/v1" of its API.
 * @returns it without a slash at its end.
 * @throws PaddockError hub/address
 */
export function serverAddress(text: string): string {
  const typed = text.trim();
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `http://${typed}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  const isPlain = url?.username === "" && url.password === "" && url.search === "" && !whole.includes("#");
  if (isPlain && /^https?:$/.test(url.protocol) && url.hostname !== "")
    return `${url.origin}${url.pathname.replace(/\/+$/, "").replace(/\/v1(?:\/models)?$/, "")}`;
  throw new PaddockError("hub/address", `${JSON.stringify(typed.slice(0, 200))} is no address of a server.`, {
    remedy: "Give an address such as http://localhost:8080, without a password in it.",
  });
}

/** Whether text on the way to the address can be read by others: it is neither encrypted nor stays on this machine. */
export function isOpenAddress(address: string): boolean {
  return new URL(address).protocol === "http:" && !isThisMachine(address);
}

export function isThisMachine(address: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(new URL(address).hostname);
}
