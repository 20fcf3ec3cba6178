/** Collects figures; shows them as tables for people, or as one document for machines. */
export class Report {
  private readonly sections: { title: string; rows: Record<string, number | string>[] }[] = [];

  constructor(private readonly json: boolean) {}

  public heading(title: string): void {
    this.sections.push({ title, rows: [] });
    if (!this.json) process.stdout.write(`\n${title}\n`);
  }

  public row(row: Record<string, number | string>): void {
    this.sections.at(-1)!.rows.push(row);
    const cells = Object.entries(row).map(([name, value]) => `${name} ${shown(value)}`);
    if (!this.json) process.stdout.write(`  ${cells.join('   ')}\n`);
  }

  public end(): void {
    if (this.json) process.stdout.write(`${JSON.stringify(this.sections, null, 2)}\n`);
  }
}

/** Three digits that count. */
function shown(value: number | string): string {
  if (typeof value === 'string') return value;
  if (Number.isInteger(value) || Math.abs(value) >= 100) return String(Math.round(value));
  return value.toPrecision(3);
}
