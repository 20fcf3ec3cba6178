import type { Command, Option } from 'commander';
import { FlowyardError } from '../engine/errors';
import { environmentNames } from '../environments';
import { commandsOf } from './examples';

/** What can come after a command. */
interface Node {
  /** Commands before it, such as `cluster logs`; empty for the program. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly Completable[];
}

interface Completable {
  readonly flag: string;
  readonly description: string;

  /** What the option takes; absent for those that take nothing. */
  readonly values?: readonly string[];
}

const shells: Readonly<Record<string, (nodes: readonly Node[]) => string>> = { bash, zsh, fish };

/**
 * A script that completes commands, options and their words.
 *
 * @throws FlowyardError when the shell is not known
 */
export function completion(program: Command, shell: string): string {
  const script = shells[shell];
  if (!script) {
    throw new FlowyardError(`'shell' must be one of '${Object.keys(shells).join("', '")}', got '${shell}'`, {
      code: 2,
    });
  }
  return script([nodeOf('', program), ...commandsOf(program).map(([path, command]) => nodeOf(path, command))]);
}

function nodeOf(path: string, command: Command): Node {
  return {
    path,
    commands: command.commands.map(each => ({ name: each.name(), description: each.description() })),
    options: [...command.options.map(completable), { flag: '--help', description: 'display help for command' }],
  };
}

function completable(option: Option): Completable {
  const { long, short, description, required, optional } = option;
  const values = option.long === '--env' ? environmentNames() : (option.argChoices ?? []);
  return { flag: long ?? short!, description, ...(required || optional ? { values } : {}) };
}

const words = ({ commands, options }: Node) => [
  ...commands.map(({ name }) => name),
  ...options.map(({ flag }) => flag),
];

/** Options with words of their own, each once: they mean the same wherever they stand. */
function withValues(nodes: readonly Node[]): Map<string, readonly string[]> {
  return new Map(
    nodes.flatMap(({ options }) => options.flatMap(({ flag, values }) => (values ? [[flag, values]] : []))),
  );
}

function bash(nodes: readonly Node[]): string {
  const paths = nodes.filter(({ path }) => path).map(({ path }) => `'${path}'`);
  const values = [...withValues(nodes)].map(([flag, each]) =>
    each.length > 0
      ? `    ${flag}) COMPREPLY=($(compgen -W '${each.join(' ')}' -- "$current")); return ;;`
      : `    ${flag}) COMPREPLY=($(compgen -f -- "$current")); return ;;`,
  );
  return `# bash completion of flowyard
_flowyard() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" place='' word
  COMPREPLY=()
  case "$previous" in
    -e) previous=--env ;;
    -o) previous=--output ;;
  esac
  case "$previous" in
${values.join('\n')}
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${place:+$place }$word" in
      ${paths.join('|')}) place="\${place:+$place }$word" ;;
    esac
  done
  case "$place" in
${nodes.map(node => `    '${node.path}') COMPREPLY=($(compgen -W '${words(node).join(' ')}' -- "$current")) ;;`).join('\n')}
  esac
}
complete -o default -F _flowyard flowyard
`;
}

function zsh(nodes: readonly Node[]): string {
  const paths = nodes.filter(({ path }) => path).map(({ path }) => `'${path}'`);
  const values = [...withValues(nodes)].map(([flag, each]) =>
    each.length > 0 ? `    ${flag}) compadd -- ${each.join(' ')}; return ;;` : `    ${flag}) _files; return ;;`,
  );
  const described = (node: Node) =>
    [
      ...node.commands.map(({ name, description }) => [name, description]),
      ...node.options.map(({ flag, description }) => [flag, description]),
    ].map(([word, description]) => quoted(`${word}:${description!.replaceAll(':', '\\:')}`));
  return `#compdef flowyard
_flowyard() {
  local place='' word previous="\${words[CURRENT-1]}"
  local -a found
  case "$previous" in
    -e) previous=--env ;;
    -o) previous=--output ;;
  esac
  case "$previous" in
${values.join('\n')}
  esac
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${place:+$place }$word" in
      ${paths.join('|')}) place="\${place:+$place }$word" ;;
    esac
  done
  case "$place" in
${nodes.map(node => `    '${node.path}') found=(${described(node).join(' ')}) ;;`).join('\n')}
  esac
  _describe 'flowyard' found
}
compdef _flowyard flowyard
`;
}

function fish(nodes: readonly Node[]): string {
  const lines = nodes.flatMap(({ path, commands, options }) => {
    const condition = conditionOf(path, commands);
    return [
      ...commands.map(
        ({ name, description }) => `complete -c flowyard -f -n ${condition} -a ${name} -d ${quoted(description)}`,
      ),
      ...options.map(({ flag, description, values }) => {
        const takes = values === undefined ? '' : values.length > 0 ? ` -xa ${quoted(values.join(' '))}` : ' -r';
        return `complete -c flowyard -n ${condition} -l ${flag.slice(2)} -d ${quoted(description)}${takes}`;
      }),
    ];
  });
  return `# fish completion of flowyard\n${lines.join('\n')}\n`;
}

function conditionOf(path: string, commands: Node['commands']): string {
  const seen = path.split(' ').filter(Boolean);
  const next = commands.map(({ name }) => name);
  return quoted(
    [
      ...seen.map(word => `__fish_seen_subcommand_from ${word}`),
      ...(next.length > 0 ? [`not __fish_seen_subcommand_from ${next.join(' ')}`] : []),
    ].join('; and '),
  );
}

/** Text in single quotes, for all three shells. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
