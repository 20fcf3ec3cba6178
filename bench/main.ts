import { Command } from 'commander';
import { Report } from './report';

const parts = ['rendering', 'collection', 'writes', 'tenants', 'pulumi'] as const;
type Part = (typeof parts)[number];

async function main(): Promise<void> {
  const program = new Command('npm run bench --')
    .description('measure the distribution beside its peers, ratios from one run; a quiet machine gives better ones')
    .argument('[parts...]', `what to measure: ${parts.join(', ')}; all of it when none is named`)
    .option('--quick', 'small sizes')
    .option('--json', 'one document for machines')
    .parse();
  const wanted = (program.args.length > 0 ? program.args : parts) as Part[];
  for (const each of wanted) if (!parts.includes(each)) program.error(`'${each}' is none of ${parts.join(', ')}`);
  const { quick = false, json = false } = program.opts<{ quick?: boolean; json?: boolean }>();
  const report = new Report(json);
  const sizes = quick ? [500, 1_000] : [500, 1_000, 2_000, 5_000, 20_000];
  for (const part of wanted) await run[part](report, quick, sizes);
  report.end();
}

/** Each part loads what it needs. */
const run: Record<Part, (report: Report, quick: boolean, sizes: number[]) => Promise<void>> = {
  rendering: async (report, _, sizes) => (await import('./rendering.js')).rendering(report, sizes),
  collection: async (report, _, sizes) => (await import('./rendering.js')).collection(report, sizes),
  writes: async (report, quick) => (await import('./writes.js')).writes(report, quick ? 200 : 1_000),
  tenants: async (report, quick) => (await import('./tenants.js')).tenants(report, quick ? 20 : 1_000),
  pulumi: async report => (await import('./pulumi.js')).pulumi(report),
};

void main();
