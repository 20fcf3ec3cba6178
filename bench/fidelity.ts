import { readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

/** What a comparison with upstream's facts counts of one of its components. */
interface Counts {
  readonly objects: number;
  readonly found?: number;
  readonly facts: number;
  readonly matched?: number;
  readonly declared?: number;
  readonly missing?: number;
}

/** One entry of `components/divergence.json`: a pattern of facts, or a whole component. */
interface Divergence {
  readonly match?: string;
  readonly component?: string;
  readonly reason: string;
}

const target = 'docs/fidelity.md';

/** Turns the comparison of `full` with upstream's release, as JSON on standard input, into a page for people. */
async function main(): Promise<void> {
  const { components } = JSON.parse(await text(process.stdin)) as { components: Record<string, Counts> };
  const divergence = JSON.parse(readFileSync('components/divergence.json', 'utf8')) as Divergence[];
  writeFileSync(target, page(components, divergence));
  process.stderr.write(`wrote ${target}\n`);
}

function page(components: Readonly<Record<string, Counts>>, divergence: readonly Divergence[]): string {
  const rows = Object.entries(components).sort(([one], [other]) => (one < other ? -1 : 1));
  const built = rows.filter(([, counts]) => (counts.found ?? 0) > 0 && (counts.missing ?? 0) === 0);
  const begun = rows.filter(([, counts]) => (counts.found ?? 0) > 0 && (counts.missing ?? 0) > 0);
  const awaited = rows.filter(([, counts]) => (counts.found ?? 0) === 0);
  const total = sum(rows, 'facts');
  const objects = sum(rows, 'objects');
  return `# Fidelity to Kubeflow 26.03.1

The environment \`full\` is compared with what upstream's own installation renders, fact by fact: names, namespaces, labels that
select, images, arguments, ports, rights, fields of CRDs, webhooks, routes. Of ${number(total)} facts of ${number(objects)} objects, ${number(sum(rows, 'matched'))} are
the same here, ${number(sum(rows, 'declared'))} differ on purpose, and ${number(sum(rows, 'missing'))} belong to parts that are not built yet.

## Built

| Upstream's component | Objects | Facts | Same | Differ on purpose |
|---|--:|--:|--:|--:|
${built.map(([name, counts]) => `| ${name} | ${counts.objects} | ${number(counts.facts)} | ${share(counts)} | ${number(counts.declared ?? 0)} |`).join('\n')}

Every fact of these is either the same or declared in [\`components/divergence.json\`](../components/divergence.json). The reasons:

${reasons(divergence)}

## Not built yet

${begun.map(([name, counts]) => `- ${name}: begun, ${number(counts.matched ?? 0)} of ${number(counts.facts)} facts`).join('\n')}
- ${awaited.map(([name]) => name).join(', ')}
`;
}

function reasons(divergence: readonly Divergence[]): string {
  const whole = divergence
    .filter(({ component }) => component)
    .map(({ component, reason }) => `- ${component}: ${reason}`);
  const single = new Set(divergence.filter(({ match }) => match).map(({ reason }) => `- ${reason}`));
  return [...whole, ...single].join('\n');
}

function sum(rows: readonly [string, Counts][], field: keyof Counts): number {
  return rows.reduce((total, [, counts]) => total + (counts[field] ?? 0), 0);
}

function share({ facts, matched = 0 }: Counts): string {
  return `${number(matched)} (${((100 * matched) / facts).toFixed(1)} %)`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

main();
