/** A class for the colour of a type, by its bits a value: types of about the same size have the same colour. */
export function typeClass(type: string, bits: ReadonlyMap<string, number>): string {
  const value = bits.get(type) ?? 0;
  const step = [1.9, 2.9, 3.9, 4.9, 5.9, 7, 10, 20].findIndex((most) => value < most);
  return `type bits-${step === -1 ? 9 : step + 1}`;
}
