/**
 * Which maps, lists and scalars stand where in the values seen so far. What a class of `k8s.*` drops depends on that
 * alone, so that a shape which was checked once need not be checked again.
 */
export class Shape {
  private scalar = false;
  private items?: Shape;
  private readonly members = new Map<string, Shape>();

  /** Whether all of a value was seen, in this value or another. */
  public has(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return this.scalar;
    if (Array.isArray(value)) {
      const { items } = this;
      return items !== undefined && value.every(item => items.has(item));
    }
    for (const key in value) {
      const member = this.members.get(key);
      if (!member?.has((value as Record<string, unknown>)[key])) return false;
    }
    return true;
  }

  public learn(value: unknown): void {
    if (typeof value !== 'object' || value === null) this.scalar = true;
    else if (Array.isArray(value)) {
      this.items ??= new Shape();
      for (const item of value) this.items.learn(item);
    } else {
      for (const [key, inner] of Object.entries(value)) {
        const member = this.members.get(key) ?? new Shape();
        this.members.set(key, member);
        member.learn(inner);
      }
    }
  }
}

const shapes = new WeakMap<object, Shape>();

/** What was checked of a class. */
export function shapeOf(type: object): Shape {
  const shape = shapes.get(type) ?? new Shape();
  shapes.set(type, shape);
  return shape;
}
