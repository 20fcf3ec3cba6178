import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { loadEnvironment } from '../environments';
import { mapOf, type PlatformMap, toPage, toSvg } from '../stacks/map';
import { composePlatform } from '../stacks/platform';
import { loadDistribution } from '../stacks/project';
import { count, Terminal } from './terminal';

type Format = 'html' | 'json' | 'svg';

/** Options of `graph`. */
export interface GraphOptions {
  readonly env: string;
  readonly output?: string;

  /** @default - as the output's name ends, otherwise `html` */
  readonly format?: Format;
  readonly json?: boolean;
}

const formats: Readonly<Record<Format, (map: PlatformMap) => string>> = {
  html: toPage,
  svg: map => toSvg(map),
  json: map => `${JSON.stringify(map, null, 2)}\n`,
};

/** `flowyard graph`: draws the platform of an environment. */
export function graph(options: GraphOptions): number {
  const terminal = new Terminal(options.json ?? false);
  const ending = extname(options.output ?? '').slice(1);
  const format = options.format ?? (isFormat(ending) ? ending : 'html');
  const map = mapOf(composePlatform(loadEnvironment(options.env), loadDistribution()));
  const file = options.output ?? join('dist', `${options.env}.${format}`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, formats[format](map));
  terminal.say(
    `${count(map.components.length, 'component')}, ${count(map.tenants.length, 'tenant')} and ${count(map.edges.length, 'need')} in ${file}`,
  );
  terminal.result({ ok: true, environment: options.env, format, file });
  return 0;
}

function isFormat(ending: string): ending is Format {
  return ending in formats;
}
