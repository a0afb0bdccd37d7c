// What tests written for Vitest or Jest use of them most, on Node's own test runner: nothing has to be installed.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe as nodeDescribe, it as nodeIt } from "node:test";

const withEach = (one) =>
  Object.assign((name, work) => one(name, work), {
    each: (rows) => (name, work) => {
      for (const row of rows)
        one(`${name} ${JSON.stringify(row)}`, () => (Array.isArray(row) ? work(...row) : work(row)));
    },
  });
const it = withEach(nodeIt);
const describe = withEach(nodeDescribe);
const close = (actual, expected, digits = 2) => Math.abs(expected - actual) < 10 ** -digits / 2;
const holds = (actual, part) =>
  typeof actual === "string" || !Array.isArray(actual)
    ? actual instanceof Set
      ? actual.has(part)
      : String(actual).includes(part)
    : actual.includes(part);
/** As toEqual: what is undefined might as well not be there. */
const equal = (actual, expected) => same(() => assert.deepEqual(plain(actual), plain(expected)));
const plain = (value) =>
  value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype
    ? Object.fromEntries(Object.entries(value).filter(([, own]) => own !== undefined))
    : value;
const same = (check) => {
  try {
    check();
    return true;
  } catch {
    return false;
  }
};
const threw = (error, wanted) => {
  if (wanted === undefined) return true;
  if (typeof wanted === "function") return error instanceof wanted;
  const message = error instanceof Error ? error.message : String(error);
  if (wanted instanceof RegExp) return wanted.test(message);
  return message.includes(wanted instanceof Error ? wanted.message : wanted);
};

const matchers = {
  toBe: Object.is,
  toEqual: equal,
  toStrictEqual: (actual, expected) => same(() => assert.deepStrictEqual(actual, expected)),
  toBeUndefined: (actual) => actual === undefined,
  toBeDefined: (actual) => actual !== undefined,
  toBeNull: (actual) => actual === null,
  toBeNaN: (actual) => Number.isNaN(actual),
  toBeTruthy: Boolean,
  toBeFalsy: (actual) => !actual,
  toBeGreaterThan: (actual, than) => actual > than,
  toBeGreaterThanOrEqual: (actual, than) => actual >= than,
  toBeLessThan: (actual, than) => actual < than,
  toBeLessThanOrEqual: (actual, than) => actual <= than,
  toBeCloseTo: close,
  toBeInstanceOf: (actual, kind) => actual instanceof kind,
  toContain: holds,
  toContainEqual: (actual, part) => actual.some((one) => equal(one, part)),
  toHaveLength: (actual, length) => actual.length === length,
  toHaveProperty: (actual, name) => name in actual,
  toMatch: (actual, pattern) => (pattern instanceof RegExp ? pattern.test(actual) : actual.includes(pattern)),
  toThrow: (work, wanted) => {
    try {
      work();
      return false;
    } catch (error) {
      return threw(error, wanted);
    }
  },
};
matchers.toThrowError = matchers.toThrow;

function expecting(actual, wanted) {
  return Object.fromEntries(
    Object.entries(matchers).map(([name, matches]) => [
      name,
      (...expected) =>
        assert.equal(
          matches(actual, ...expected),
          wanted,
          `${wanted ? "" : "not "}${name}: ${String(actual)}, ${expected.join()}`,
        ),
    ]),
  );
}

function settled(promise, rejected, wanted) {
  return Object.fromEntries(
    Object.keys(matchers).map((name) => [
      name,
      async (...expected) => {
        const [value, failed] = await Promise.resolve(typeof promise === "function" ? promise() : promise).then(
          (one) => [one, false],
          (error) => [error, true],
        );
        assert.equal(failed, rejected);
        const throwing = name.startsWith("toThrow");
        expecting(throwing ? () => raise(value) : value, wanted)[name](...expected);
      },
    ]),
  );
}

function raise(error) {
  throw error;
}

export function expect(actual) {
  return {
    ...expecting(actual, true),
    not: expecting(actual, false),
    resolves: settled(actual, false, true),
    rejects: settled(actual, true, true),
  };
}

export { after as afterAll, afterEach, before as beforeAll, beforeEach, describe, it, it as test };
Object.assign(globalThis, {
  afterAll: after,
  afterEach,
  beforeAll: before,
  beforeEach,
  describe,
  expect,
  it,
  test: it,
});
