/** Chances that are the same in every run of one seed. */
export class Seeded {
  constructor(private state: number) {}

  /** From 0 up to, not including, 1. */
  public next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  public below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  public pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  public chance(probability: number): boolean {
    return this.next() < probability;
  }
}
