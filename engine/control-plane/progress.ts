/**
 * Says how long the remaining builds will take.
 *
 * Starts from the seconds measured on two cores, scaled to this machine's cores, and corrects itself by each build that
 * ends. A build that outlasts its estimate slows down the estimates of those that follow.
 */
export class Estimate {
  private readonly pending: Map<string, number>;
  private current?: { readonly name: string; readonly startedAt: number };
  private expectedSeconds = 0;
  private actualSeconds = 0;
  private readonly initialFactor: number;

  /**
   * @param builds Seconds on two cores, by name.
   * @param cores Cores of this machine.
   */
  constructor(builds: Readonly<Record<string, number>>, cores: number) {
    this.pending = new Map(Object.entries(builds));
    this.initialFactor = Math.min(2, Math.max(0.25, 2 / cores));
  }

  public start(name: string, nowSeconds: number): void {
    this.current = { name, startedAt: nowSeconds };
  }

  /** A build ended: its time tells the speed of this machine. */
  public finish(nowSeconds: number): void {
    if (this.current) {
      this.expectedSeconds += this.pending.get(this.current.name) ?? 0;
      this.actualSeconds += nowSeconds - this.current.startedAt;
      this.drop(this.current.name);
    }
  }

  /** No build was needed after all, which says nothing about speed. */
  public drop(name: string): void {
    this.pending.delete(name);
    if (this.current?.name === name) {
      this.current = undefined;
    }
  }

  /** Seconds until everything is built. */
  public remainingSeconds(nowSeconds: number): number {
    let factor = this.expectedSeconds > 0 ? this.actualSeconds / this.expectedSeconds : this.initialFactor;
    let remaining = 0;
    if (this.current) {
      const weight = this.pending.get(this.current.name) ?? 0;
      const elapsed = nowSeconds - this.current.startedAt;
      remaining = Math.max(weight * factor - elapsed, elapsed * 0.1);
      factor = Math.max(factor, weight > 0 ? elapsed / weight : 0);
    }
    for (const [name, weight] of this.pending) {
      if (name !== this.current?.name) {
        remaining += weight * factor;
      }
    }
    return Math.round(remaining);
  }
}
