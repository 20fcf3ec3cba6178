import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { FlowyardError } from '../engine/errors';
import { loadEnvironment } from '../environments';
import { mapOf, type PlatformMap, toPage, toSvg } from '../stacks/map';
import { composePlatform } from '../stacks/platform';
import { count, Terminal } from './terminal';

/** Options of `graph`. */
export interface GraphOptions {
  readonly env: string;
  readonly output?: string;

  /** @default - as the output's name ends, otherwise `html` */
  readonly format?: string;
  readonly json?: boolean;
}

const formats: Readonly<Record<string, (map: PlatformMap) => string>> = {
  html: toPage,
  svg: map => toSvg(map),
  json: map => `${JSON.stringify(map, null, 2)}\n`,
};

/** `flowyard graph`: draws the platform of an environment. */
export function graph(options: GraphOptions): number {
  const terminal = new Terminal(options.json ?? false);
  const ending = extname(options.output ?? '').slice(1);
  const format = options.format ?? (ending in formats ? ending : 'html');
  const draw = formats[format];
  if (!draw) {
    throw new FlowyardError(`'--format' must be one of '${Object.keys(formats).join("', '")}', got '${format}'`, {
      code: 2,
    });
  }
  const map = mapOf(composePlatform(loadEnvironment(options.env)));
  const file = options.output ?? join('dist', `${options.env}.${format}`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, draw(map));
  terminal.say(
    `${count(map.components.length, 'component')}, ${count(map.tenants.length, 'tenant')} and ${count(map.edges.length, 'need')} in ${file}`,
  );
  terminal.result({ ok: true, environment: options.env, format, file });
  return 0;
}
