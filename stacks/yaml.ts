import { stringify } from 'yaml';

/**
 * Documents say all of a value in place: no folded lines, no anchors. Texts that YAML 1.1 takes for something else, such
 * as `yes` or `012`, are quoted, since kubectl reads that.
 */
export const yamlOptions = { lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' } as const;

/**
 * Writes a plain value as YAML, as the `yaml` library does, in a fraction of its time: maps and lists are laid out here,
 * and the library is asked once for each different text, since most of them come again and again.
 *
 * @param value maps, lists, texts, numbers, booleans and null; members that are undefined are left out
 */
export function toYaml(value: unknown): string {
  if (!isCollection(value) || isEmpty(value)) return stringify(value, yamlOptions);
  const lines: string[] = [];
  write(value, '', '', lines);
  return `${lines.join('\n')}\n`;
}

/** Adds the lines of a map or list. Its first line begins with `lead`, the others with `indent`. */
function write(value: object, indent: string, lead: string, lines: string[]): void {
  let start = lead;
  if (Array.isArray(value)) {
    for (const item of value) {
      writeMember(`${start}-`, item, indent, true, lines);
      start = indent;
    }
    return;
  }
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined) continue;
    writeMember(start + keyText(key), member, indent, false, lines);
    start = indent;
  }
}

function writeMember(head: string, value: unknown, indent: string, inList: boolean, lines: string[]): void {
  if (!isCollection(value)) {
    lines.push(`${head} ${indented(scalar(value), indent)}`);
  } else if (isEmpty(value)) {
    lines.push(`${head} ${Array.isArray(value) ? '[]' : '{}'}`);
  } else if (inList) {
    write(value, `${indent}  `, `${head} `, lines);
  } else {
    lines.push(head);
    write(value, `${indent}  `, `${indent}  `, lines);
  }
}

function isCollection(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isEmpty(value: object): boolean {
  for (const key in value) if ((value as Record<string, unknown>)[key] !== undefined) return false;
  return true;
}

/** Block texts span lines; each is moved to where its member stands. Empty lines stay empty. */
function indented(text: string, indent: string): string {
  return indent && text.includes('\n') ? text.replace(/\n(?=[^\n])/g, `\n${indent}`) : text;
}

/** Texts that readers differ about: with tabs and rarer blanks, a lone `=`, or with a line of blanks among others. */
const doubtful = /[\t\r\u0085\u00a0\u2028\u2029\ufeff]|\n +(\n|$)|^ +\n|^=$/;

/** JSON is YAML, but for characters that it does not need to escape. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u00a0\u2028\u2029\ufeff]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const keys = new Map<string, string>();
const scalars = new Map<unknown, string>();

/** A key with its colon. */
function keyText(key: string): string {
  return remember(keys, key, () => {
    if (doubtful.test(key) || key.includes('\n')) return `${quoted(key)}:`;
    return stringify({ [key]: null }, yamlOptions).slice(0, -' null\n'.length);
  });
}

/** Names and paths, which need no quotes and seldom come twice; words that YAML takes for something else are none. */
const isName = (text: string) =>
  /^[a-zA-Z][\w./-]*$/.test(text) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text);

/** A scalar as the value of a member at the left edge. */
function scalar(value: unknown): string {
  if (typeof value === 'string' && isName(value)) return value;
  return remember(scalars, value ?? null, () =>
    typeof value === 'string' && doubtful.test(value)
      ? quoted(value)
      : stringify({ k: value ?? null }, yamlOptions).slice('k: '.length, -1),
  );
}

/** Keeps what is short: long texts seldom come twice. */
function remember<K>(cache: Map<K, string>, key: K, make: () => string): string {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const text = make();
  if (text.length <= 200) cache.set(key, text);
  return text;
}
