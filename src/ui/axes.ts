export interface Tick {
  /** Pixels. */
  readonly at: number;
  readonly text: string;
}
/** Where the axes of a chart go, pixels. */
export interface Axes {
  readonly plot: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
  /** The texts below stand aslant and end below their tick: they are longer than there is room beside each other. */
  readonly isSlanted?: boolean;
  /** From the axis down to what it is called; absent: below texts that lie. */
  readonly xNameBelow?: number;
  /** Lines go up from the ticks below, as they go across from those beside. */
  readonly hasUprights?: boolean;
}

/** Below the axis: its ticks' texts, and what it is called. */
export const BELOW = { tick: 17, name: 36 } as const;
/** Of texts that stand aslant, degrees, upwards from left to right. */
export const SLANT = 40;
