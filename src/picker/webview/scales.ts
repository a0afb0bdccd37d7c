/** From a value to a place on the page. */
export type Scale = (value: number) => number;

export function linearScale(most: number, from: number, to: number): Scale {
  return (value) => from + ((to - from) * value) / most;
}

export function logScale(least: number, most: number, from: number, to: number): Scale {
  const span = Math.log(most / least);
  return (value) => from + ((to - from) * Math.log(Math.max(value, least) / least)) / span;
}

/** About so many round numbers from 0 on. */
export function linearTicks(most: number, count: number): number[] {
  const raw = most / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw) ?? raw;
  const ticks: number[] = [];
  for (let index = 0; index * step <= most * 1.0001; index++) ticks.push(Number((index * step).toPrecision(6)));
  return ticks;
}

/** 0.001, 0.003, 0.01 and so on; without the threes where there would be many. */
export function logTicks(least: number, most: number): number[] {
  const ticks: number[] = [];
  const isWide = Math.log10(most / least) > 3;
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); power++)
    for (const factor of isWide ? [1] : [1, 3]) {
      const tick = Number((factor * 10 ** power).toPrecision(1));
      if (tick >= least && tick <= most) ticks.push(tick);
    }
  return ticks;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function overlaps(one: Box, other: Box): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}
